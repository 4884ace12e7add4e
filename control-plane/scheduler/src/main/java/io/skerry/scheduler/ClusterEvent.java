package io.skerry.scheduler;

/** A change in the cluster that may make room for a pod. */
public enum ClusterEvent {
    NODE_ADDED, NODE_ALLOCATABLE, NODE_LABELS, NODE_TAINTS,
    /** A pod on a node is gone, is at its end, or was scaled down. */
    POD_GONE,
    /** A pod came to a node or changed its labels. */
    POD_PLACED,
    NAMESPACE_LABELS,
    /** A PersistentVolumeClaim, a PersistentVolume or a StorageClass is new, different or gone. */
    CLAIM_CHANGED
}
