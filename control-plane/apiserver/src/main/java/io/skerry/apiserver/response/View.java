package io.skerry.apiserver.response;

/** The form of objects that a client asks for (meta.k8s.io transformations). */
public enum View {
    /** whole objects */
    OBJECT,
    /** meta.k8s.io/v1 Table, for kubectl get */
    TABLE,
    /** meta.k8s.io/v1 PartialObjectMetadata(List) */
    METADATA
}
