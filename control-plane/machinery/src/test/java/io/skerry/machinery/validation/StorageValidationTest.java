package io.skerry.machinery.validation;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Volumes, claims and storage.k8s.io. Each line is an object and all that is to be said against it; {@code -} for nothing. */
class StorageValidationTest {

    @ParameterizedTest
    @CsvSource(delimiterString = " => ", quoteCharacter = '\u0001', textBlock = """
            csi: {driver: d.example.com, volumeHandle: h} => -
            nfs: {server: s, path: /p} => -
            local: {path: /p}, nodeAffinity: {required: {nodeSelectorTerms: [{matchExpressions: [{key: kubernetes.io/hostname, operator: In, values: [n]}]}]}} => -
            iscsi: {targetPortal: '10.0.0.1:3260', iqn: 'iqn.2026-01.com.example:disk', lun: 0} => -
            fc: {targetWWNs: [a], lun: 3} => -
            azureDisk: {diskName: d, diskURI: 'https://a.blob.core.windows.net/b/c.vhd'} => -
            flexVolume: {driver: a/b, options: {mine: c}} => -
            volumeMode: Block => spec: Required value: must specify a volume type
            nfs: {server: s, path: /p}, hostPath: {path: /x} => spec.hostPath: Forbidden: may not specify more than 1 volume type
            csi: {} => spec.csi.driver: Required value | spec.csi.driver: Invalid value: "": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*') | spec.csi.volumeHandle: Required value
            csi: {driver: d, volumeHandle: h, nodePublishSecretRef: {name: s}} => spec.csi.nodePublishSecretRef.namespace: Required value
            nfs: {server: s, path: p} => spec.nfs.path: Invalid value: "p": must be an absolute path
            hostPath: {path: /a/../b} => spec.hostPath.path: Invalid value: "/a/../b": must not contain '..'
            hostPath: {path: /.}, persistentVolumeReclaimPolicy: Recycle => spec.persistentVolumeReclaimPolicy: Forbidden: may not be 'recycle' for a hostPath mount of '/'
            local: {path: /p} => spec.nodeAffinity: Required value: Local volume requires node affinity
            local: {path: /p}, nodeAffinity: {} => spec.nodeAffinity.required: Required value: must specify required node constraints | spec.nodeAffinity: Required value: Local volume requires node affinity
            nfs: {server: s, path: /p}, nodeAffinity: {required: {nodeSelectorTerms: []}} => spec.nodeAffinity.required.nodeSelectorTerms: Required value: must have at least one node selector term
            gcePersistentDisk: {partition: 256} => spec.persistentDisk.pdName: Required value | spec.persistentDisk.partition: Invalid value: 256: must be between 0 and 255, inclusive
            awsElasticBlockStore: {} => spec.awsElasticBlockStore.volumeID: Required value
            glusterfs: {path: p, endpointsNamespace: ''} => spec.glusterfs.endpoints: Required value | spec.glusterfs.endpointsNamespace: Invalid value: "": if the endpointnamespace is set, it must be a valid namespace name
            rbd: {monitors: []} => spec.rbd.monitors: Required value | spec.rbd.image: Required value
            cephfs: {} => spec.cephfs.monitors: Required value
            cinder: {volumeID: v, secretRef: {name: s}} => spec.cinder.secretRef.namespace: Required value
            iscsi: {targetPortal: p, iqn: 'com.example', lun: 256, chapAuthSession: true} => spec.iscsi.iqn: Invalid value: "com.example": must be valid format | spec.iscsi.lun: Invalid value: 256: must be between 0 and 255, inclusive | spec.iscsi.secretRef: Required value
            fc: {targetWWNs: [a], wwids: [b]} => spec.fc.targetWWNs: Invalid value: ["a"]: targetWWNs and wwids can not be specified simultaneously | spec.fc.lun: Required value: lun is required if targetWWNs is specified
            fc: {} => spec.fc.targetWWNs: Required value: must specify either targetWWNs or wwids, but not both
            flocker: {datasetName: a/b} => spec.flocker.datasetName: Invalid value: "a/b": must not contain '/'
            flocker: {} => spec.flocker: Required value: one of datasetName and datasetUUID is required
            quobyte: {registry: host, volume: v} => spec.quobyte.registry: Invalid value: "host": must be a host:port pair or multiple pairs separated by commas
            flexVolume: {driver: d, options: {x.k8s.io/a: b}} => spec.flexVolume.options[x.k8s.io/a]: Invalid value: "x.k8s.io/a": kubernetes.io and k8s.io namespaces are reserved
            azureFile: {shareName: s} => spec.azureFile.secretName: Required value
            azureDisk: {diskName: d, diskURI: x, kind: Managed} => spec.azureDisk.diskURI: Unsupported value: "x": supported values: "/subscriptions/{sub-id}/resourcegroups/{group-name}/providers/microsoft.compute/disks/{disk-id}"
            vsphereVolume: {} => spec.vsphereVolume.volumePath: Required value
            photonPersistentDisk: {} => spec.photonPersistentDisk.pdID: Required value
            portworxVolume: {} => spec.portworxVolume.volumeID: Required value
            scaleIO: {gateway: g} => spec.scaleIO.system: Required value | spec.scaleIO.volumeName: Required value
            storageos: {volumeName: A} => spec.storageos.volumeName: Invalid value: "A": a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')
            """)
    void volumes(String source, String expected) {
        DetailedValidationTest.assertErrors("persistentvolumes", "spec: {accessModes: [ReadWriteOnce], capacity: {storage: 1Gi}, " + source + "}", expected);
    }

    @ParameterizedTest
    @CsvSource(delimiterString = " => ", quoteCharacter = '\u0001', textBlock = """
            csi: {driver: d, volumeHandle: h} => csi: {driver: d, volumeHandle: h, controllerExpandSecretRef: {name: s, namespace: n1}} => -
            csi: {driver: d, volumeHandle: h} => csi: {driver: d, volumeHandle: i} => spec.persistentvolumesource: Forbidden: spec.persistentvolumesource is immutable after creation
            nfs: {server: s, path: /p} => nfs: {server: s, path: /p}, volumeMode: Block => volumeMode: Invalid value: "Block": field is immutable
            nfs: {server: s, path: /p} => nfs: {server: s, path: /p}, nodeAffinity: {required: {nodeSelectorTerms: [{matchExpressions: [{key: a, operator: Exists}]}]}} => -
            nfs: {server: s, path: /p}, nodeAffinity: {required: {nodeSelectorTerms: [{matchExpressions: [{key: failure-domain.beta.kubernetes.io/zone, operator: Exists}]}]}} => nfs: {server: s, path: /p}, nodeAffinity: {required: {nodeSelectorTerms: [{matchExpressions: [{key: topology.kubernetes.io/zone, operator: Exists}]}]}} => -
            nfs: {server: s, path: /p}, nodeAffinity: {required: {nodeSelectorTerms: [{matchExpressions: [{key: a, operator: Exists}]}]}} => nfs: {server: s, path: /p} => nodeAffinity: Invalid value: null: field is immutable
            """)
    void volumeUpdates(String before, String after, String expected) {
        String volume = "spec: {accessModes: [ReadWriteOnce], capacity: {storage: 1Gi}, %s}";
        DetailedValidationTest.assertUpdateErrors("persistentvolumes", volume.formatted(before), volume.formatted(after), expected);
    }

    @ParameterizedTest
    @CsvSource(delimiterString = " => ", quoteCharacter = '\u0001', textBlock = """
            accessModes: [ReadWriteOncePod] => -
            accessModes: [ReadWriteOnce], dataSource: {kind: PersistentVolumeClaim, name: c}, dataSourceRef: {kind: PersistentVolumeClaim, name: c} => -
            accessModes: [ReadWriteOnce], dataSource: {apiGroup: snapshot.storage.k8s.io, kind: VolumeSnapshot, name: s} => -
            accessModes: [] => spec.accessModes: Required value: at least 1 access mode is required
            accessModes: [ReadWriteOncePod, ReadWriteOnce] => spec.accessModes: Forbidden: may not use ReadWriteOncePod with other access modes
            accessModes: [ReadWriteOnce], dataSource: {kind: Pod} => spec.dataSource.name: Required value | spec.dataSource: Invalid value: "Pod": must be 'PersistentVolumeClaim' when referencing the default apiGroup
            accessModes: [ReadWriteOnce], dataSource: {kind: PersistentVolumeClaim, name: c}, dataSourceRef: {kind: PersistentVolumeClaim, name: d} => spec: Invalid value: "spec.dataSource": must match dataSourceRef
            accessModes: [ReadWriteOnce], dataSource: {kind: PersistentVolumeClaim, name: c}, dataSourceRef: {kind: PersistentVolumeClaim, name: c, namespace: n1} => spec: Invalid value: "spec.dataSource": may not be specified when dataSourceRef.namespace is specified
            """)
    void claims(String spec, String expected) {
        DetailedValidationTest.assertErrors("persistentvolumeclaims", "spec: {resources: {requests: {storage: 1Gi}}, " + spec + "}", expected);
    }

    private static final String FIXED = "spec: Forbidden: spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims";
    private static final String GROWS = "spec.resources.requests.storage: Forbidden: field can not be less than status.capacity";

    @ParameterizedTest
    @CsvSource(delimiterString = " => ", quoteCharacter = '\u0001', textBlock = """
            Pending => 2Gi => 2Gi, volumeName: v => -
            Pending => 2Gi => 2Gi, storageClassName: fast => -
            Pending => 2Gi, storageClassName: slow => 2Gi, storageClassName: fast => FIXED
            Pending => 2Gi => 3Gi => FIXED
            Bound => 2Gi => 3Gi => -
            Bound => 5Gi => 3Gi => -
            Bound => 5Gi => 2Gi => GROWS
            Bound => 2Gi, volumeName: v => 2Gi => FIXED
            Bound => 2Gi => 2Gi, volumeMode: Block => FIXED | volumeMode: Invalid value: "Block": field is immutable
            """)
    void claimUpdates(String phase, String before, String after, String expected) {
        DetailedValidationTest.assertUpdateErrors("persistentvolumeclaims", claim(phase, before), claim(phase, after), expected.replace("FIXED", FIXED).replace("GROWS", GROWS));
    }

    /** @param size and, after a comma, more of the spec */
    private static String claim(String phase, String size) {
        String[] parts = size.split(", ", 2);
        return "{spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: " + parts[0] + "}}" + (parts.length > 1 ? ", " + parts[1] : "")
                + "}, status: {phase: " + phase + ", capacity: {storage: 2Gi}}}";
    }

    @ParameterizedTest
    @CsvSource(delimiterString = " => ", quoteCharacter = '\u0001', textBlock = """
            ephemeral: {volumeClaimTemplate: {metadata: {labels: {a: b}}, spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}}} => -
            ephemeral: {} => spec.volumes[0].ephemeral.volumeClaimTemplate: Required value
            ephemeral: {volumeClaimTemplate: {metadata: {name: n1}, spec: {accessModes: [ReadWriteOnce]}}} => spec.volumes[0].ephemeral.volumeClaimTemplate.metadata.name: Forbidden: cannot be set | spec.volumes[0].ephemeral.volumeClaimTemplate.spec.resources[storage]: Required value
            csi: {driver: d.example.com} => -
            csi: {driver: d, nodePublishSecretRef: {}} => spec.volumes[0].csi.nodePublishSecretRef.name: Required value
            gitRepo: {directory: ../x} => spec.volumes[0].gitRepo.repository: Required value | spec.volumes[0].gitRepo.directory: Invalid value: "../x": must not contain '..'
            iscsi: {targetPortal: p, iqn: x} => spec.volumes[0].iscsi.iqn: Invalid value: "x": must be valid format starting with iqn, eui, or naa
            image: {pullPolicy: Sometimes} => spec.volumes[0].image.reference: Required value | spec.volumes[0].image.pullPolicy: Unsupported value: "Sometimes": supported values: "Always", "IfNotPresent", "Never"
            projected: {sources: [{configMap: {name: c, items: [{key: k, path: f}]}}, {secret: {name: s, items: [{key: k, path: f}]}}]} => spec.volumes[0].projected: Invalid value: "s": conflicting duplicate paths
            """)
    void podVolumes(String source, String expected) {
        DetailedValidationTest.assertErrors("pods", "spec: {volumes: [{name: v, " + source + "}], C}", expected);
    }

    @ParameterizedTest
    @CsvSource(delimiterString = " => ", quoteCharacter = '\u0001', textBlock = """
            recursiveReadOnly: Enabled, readOnly: true => -
            recursiveReadOnly: IfPossible => spec.containers[0].volumeMounts[0].recursiveReadOnly: Forbidden: may only be specified when readOnly is true
            recursiveReadOnly: Enabled, readOnly: true, mountPropagation: HostToContainer => spec.containers[0].volumeMounts[0].recursiveReadOnly: Forbidden: may only be specified when mountPropagation is None or not specified
            recursiveReadOnly: Much => spec.containers[0].volumeMounts[0].recursiveReadOnly: Unsupported value: "Much": supported values: "Disabled", "Enabled", "IfPossible"
            """)
    void mounts(String mount, String expected) {
        DetailedValidationTest.assertErrors("pods", "spec: {volumes: [{name: v}], containers: [{name: a, image: a, volumeMounts: [{name: v, mountPath: /v, " + mount + "}]}]}", expected);
    }

    @ParameterizedTest
    @CsvSource(delimiterString = " => ", quoteCharacter = '\u0001', textBlock = """
            storageclasses => {provisioner: a/b, parameters: {a: b}, allowedTopologies: [{matchLabelExpressions: [{key: zone, values: [a, b]}]}]} => -
            storageclasses => {provisioner: p, allowedTopologies: [{matchLabelExpressions: [{key: zone, values: [a, a]}, {key: zone, values: []}]}]} => allowedTopologies[0].matchLabelExpressions[0].values[1]: Duplicate value: "a" | allowedTopologies[0].matchLabelExpressions[1].values: Required value | allowedTopologies[0].matchLabelExpressions[1].key: Duplicate value: "zone"
            storageclasses => {provisioner: p, allowedTopologies: [{matchLabelExpressions: [{key: z, values: [a]}]}, {matchLabelExpressions: [{key: z, values: [a]}]}]} => allowedTopologies[1].matchLabelExpressions: Duplicate value: ""
            storageclasses => {provisioner: p, parameters: {'': b}} => parameters: Invalid value: "": field can not be empty.
            csidrivers => spec: {tokenRequests: [{audience: a, expirationSeconds: 600}, {audience: b}], fsGroupPolicy: File} => -
            csidrivers => spec: {fsGroupPolicy: Any, volumeLifecycleModes: [Forever], tokenRequests: [{audience: a, expirationSeconds: 599}, {audience: a}]} => spec.fsGroupPolicy: Unsupported value: "Any": supported values: "File", "None", "ReadWriteOnceWithFSType" | spec.tokenRequests[0].expirationSeconds: Invalid value: 599: may not specify a duration less than 10 minutes | spec.tokenRequests[1].audience: Duplicate value: "a" | spec.volumeLifecycleModes: Unsupported value: "Forever": supported values: "Persistent", "Ephemeral"
            csinodes => spec: {drivers: [{name: d, nodeID: n1, topologyKeys: [zone], allocatable: {count: 3}}]} => -
            csinodes => spec: {drivers: [{name: d, nodeID: n1, topologyKeys: [z, z], allocatable: {count: -1}}, {name: d, nodeID: ''}]} => spec.drivers[0].allocatable.count: Invalid value: -1: must be greater than or equal to 0 | spec.drivers[0]: Duplicate value: "z" | spec.drivers[1].nodeID: Required value | spec.drivers[1].name: Duplicate value: "d"
            csistoragecapacities => {storageClassName: fast, capacity: 1Gi, nodeTopology: {matchLabels: {zone: a}}} => -
            csistoragecapacities => {storageClassName: fast, capacity: -1} => capacity: Invalid value: "-1": must be greater than or equal to 0
            volumeattachments => spec: {attacher: d.example.com, nodeName: n1, source: {persistentVolumeName: v}} => -
            volumeattachments => spec: {attacher: d, nodeName: n1, source: {}} => spec.source: Required value: must specify exactly one of inlineVolumeSpec and persistentVolumeName
            volumeattachments => spec: {attacher: d, nodeName: n1, source: {inlineVolumeSpec: {accessModes: [ReadWriteOnce], csi: {driver: d, volumeHandle: h}}}} => -
            volumeattachments => spec: {attacher: d, nodeName: n1, source: {inlineVolumeSpec: {accessModes: [ReadWriteOnce], capacity: {storage: 1}, nfs: {server: s, path: /}}}} => spec.source.inlineVolumeSpec.capacity: Forbidden: may not be specified in the context of inline volumes | spec.source.inlineVolumeSpec.csi: Required value: has to be specified in the context of inline volumes
            volumeattachments => spec: {attacher: d, nodeName: n1, source: {persistentVolumeName: v, inlineVolumeSpec: {}}} => spec.source: Forbidden: must specify exactly one of inlineVolumeSpec and persistentVolumeName
            """)
    void storageGroup(String type, String yaml, String expected) {
        DetailedValidationTest.assertErrors(type + ".storage.k8s.io", yaml, expected);
    }

    @ParameterizedTest
    @CsvSource(delimiterString = " => ", quoteCharacter = '\u0001', textBlock = """
            csidrivers => spec: {podInfoOnMount: false} => spec: {podInfoOnMount: true} => -
            csidrivers => spec: {attachRequired: true} => spec: {attachRequired: false, volumeLifecycleModes: [Ephemeral]} => spec.attachedRequired: Invalid value: false: field is immutable | spec.volumeLifecycleModes: Invalid value: ["Ephemeral"]: field is immutable
            csinodes => spec: {drivers: [{name: d, nodeID: n1}]} => spec: {drivers: [{name: e, nodeID: n1}]} => -
            csinodes => spec: {drivers: [{name: d, nodeID: n1}]} => spec: {drivers: [{name: d, nodeID: m}]} => spec.drivers: Invalid value: {"name":"d","nodeID":"m"}: field is immutable
            csistoragecapacities => {storageClassName: a, capacity: 1} => {storageClassName: b, capacity: 2} => storageClassName: Invalid value: "b": field is immutable
            volumeattachments => spec: {attacher: d, nodeName: n1, source: {persistentVolumeName: v}} => spec: {attacher: d, nodeName: m, source: {persistentVolumeName: v}} => spec: Invalid value: {"attacher":"d","nodeName":"m","source":{"persistentVolumeName":"v"}}: field is immutable
            """)
    void storageGroupUpdates(String type, String before, String after, String expected) {
        DetailedValidationTest.assertUpdateErrors(type + ".storage.k8s.io", before, after, expected);
    }
}
