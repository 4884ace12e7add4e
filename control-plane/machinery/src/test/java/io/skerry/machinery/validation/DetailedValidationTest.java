package io.skerry.machinery.validation;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Rules of parts that have a file of their own: security contexts, quotas, autoscalers, Jobs' policies, APIServices, addresses. Each line is an
 * object and all that is to be said against it; {@code -} for nothing.
 */
class DetailedValidationTest {

    static void assertErrors(String type, String yaml, String expected) {
        assertTold(ValidationTest.errors(type, ValidationTest.fill(yaml)), expected);
    }

    static void assertUpdateErrors(String type, String before, String after, String expected) {
        assertTold(ValidationTest.updateErrors(type, ValidationTest.fill(before), ValidationTest.fill(after)), expected);
    }

    private static void assertTold(List<String> errors, String expected) {
        String told = String.join(" | ", errors);
        assertThat(told.isEmpty() ? "-" : told).isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource(delimiterString = " => ", quoteCharacter = '\u0001', textBlock = """
            {securityContext: {runAsUser: -1}, C} => spec.securityContext.runAsUser: Invalid value: -1: must be between 0 and 2147483647, inclusive
            {securityContext: {fsGroup: 2147483648}, C} => spec.securityContext.fsGroup: Invalid value: 2147483648: must be between 0 and 2147483647, inclusive
            {securityContext: {supplementalGroups: [1, -2]}, C} => spec.securityContext.supplementalGroups[1]: Invalid value: -2: must be between 0 and 2147483647, inclusive
            {shareProcessNamespace: true, hostPID: true, C} => spec.securityContext.shareProcessNamespace: Invalid value: true: ShareProcessNamespace and HostPID cannot both be enabled
            {hostUsers: false, hostIPC: true, C} => spec.HostIPC: Forbidden: when `pod.Spec.HostUsers` is false
            {securityContext: {sysctls: [{name: kernel.shmmax, value: a}, {name: kernel/shmmax, value: b}]}, C} => spec.securityContext.sysctls[1].name: Duplicate value: "kernel/shmmax"
            {securityContext: {sysctls: [{name: net.core.somaxconn, value: a}]}, hostNetwork: true, C} => spec.securityContext.sysctls[0].name: Invalid value: "net.core.somaxconn": may not be specified when 'hostNetwork' is true
            {securityContext: {seccompProfile: {type: Localhost}}, C} => spec.securityContext.seccompProfile.localhostProfile: Required value: must be set when seccomp type is Localhost
            {securityContext: {seccompProfile: {type: Unconfined, localhostProfile: a}}, C} => spec.securityContext.seccompProfile.localhostProfile: Invalid value: "a": can only be set when seccomp type is Localhost
            {securityContext: {seccompProfile: {type: X}}, C} => spec.securityContext.seccompProfile.type: Unsupported value: "X": supported values: "Localhost", "RuntimeDefault", "Unconfined"
            {securityContext: {fsGroupChangePolicy: Never}, C} => spec.securityContext.fsGroupChangePolicy: Unsupported value: "Never": supported values: "Always", "OnRootMismatch"
            {containers: [{name: a, image: a, securityContext: {appArmorProfile: {type: Localhost}}}]} => spec.containers[0].securityContext.appArmorProfile.localhostProfile: Required value: must be set when AppArmor type is Localhost
            {containers: [{name: a, image: a, securityContext: {runAsUser: -1}}]} => spec.containers[0].securityContext.runAsUser: Invalid value: -1: must be between 0 and 2147483647, inclusive
            {containers: [{name: a, image: a, resizePolicy: [{resourceName: cpu, restartPolicy: NotRequired}, {resourceName: cpu, restartPolicy: RestartContainer}]}]} => spec.containers[0].resizePolicy[1]: Duplicate value: "cpu"
            {containers: [{name: a, image: a, livenessProbe: {tcpSocket: {port: 1}, terminationGracePeriodSeconds: 0}}]} => spec.containers[0].livenessProbe.terminationGracePeriodSeconds: Invalid value: 0: must be greater than 0
            {preemptionPolicy: Sometimes, C} => spec.preemptionPolicy: Unsupported value: "Sometimes": supported values: "Never", "PreemptLowerPriority"
            {os: {name: plan9}, C} => spec.os: Unsupported value: "plan9": supported values: "linux", "windows"
            {dnsConfig: {nameservers: [10.0.0.1, 10.0.0.2, 10.0.0.3, 10.0.0.4]}, C} => spec.dnsConfig.nameservers: Invalid value: ["10.0.0.1","10.0.0.2","10.0.0.3","10.0.0.4"]: must not have more than 3 nameservers
            {dnsConfig: {searches: [a.b., .]}, C} => -
            {topologySpreadConstraints: [{maxSkew: 1, topologyKey: z, whenUnsatisfiable: ScheduleAnyway, minDomains: 2}], C} => spec.topologySpreadConstraints[0].minDomains: Invalid value: 2: can only use minDomains if whenUnsatisfiable=DoNotSchedule, not ScheduleAnyway
            {affinity: {nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution: {nodeSelectorTerms: [{matchFields: [{key: a, operator: In, values: [b]}]}]}}}, C} => spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[0].matchFields[0].key: Invalid value: "a": not a valid field selector key
            {containers: [{name: a, image: a, securityContext: {procMount: Unmasked}}]} => spec.containers[0].securityContext.procMount: Invalid value: "Unmasked": `hostUsers` must be false to use `Unmasked`
            {hostUsers: false, containers: [{name: a, image: a, securityContext: {procMount: Unmasked}}]} => -
            {securityContext: {seLinuxChangePolicy: MountOption}, C} => spec.securityContext.seLinuxChangePolicy: Unsupported value: "MountOption": supported values: "Recursive"
            {securityContext: {appArmorProfile: {type: Localhost, localhostProfile: ' a'}}, C} => spec.securityContext.appArmorProfile.localhostProfile: Invalid value: " a": must not be padded with whitespace
            {hostNetwork: true, containers: [{name: a, image: a, ports: [{containerPort: 80, hostPort: 81}]}]} => spec.containers[0].ports[0].hostPort: Invalid value: 81: must match `containerPort` when `hostNetwork` is true
            {initContainers: [{name: i, image: a, ports: [{containerPort: 80, hostPort: 80}, {containerPort: 81, hostPort: 80}]}], C} => spec.initContainers[0].ports[1].hostPort: Duplicate value: "TCP//80"
            {terminationGracePeriodSeconds: 5, containers: [{name: a, image: a, lifecycle: {preStop: {sleep: {seconds: 6}}}}]} => spec.containers[0].lifecycle.preStop.sleep: Invalid value: 6: must be non-negative and less than terminationGracePeriodSeconds (5)
            {terminationGracePeriodSeconds: 5, containers: [{name: a, image: a, lifecycle: {preStop: {sleep: {seconds: 0}}}}]} => -
            {containers: [{name: a, image: a, env: [{name: A, valueFrom: {resourceFieldRef: {resource: limits.cpu, divisor: 10m}}}]}]} => spec.containers[0].env[0].valueFrom.resourceFieldRef.divisor: Invalid value: "limits.cpu": only divisor's values 1m and 1 are supported with the cpu resource
            {containers: [{name: a, image: a, env: [{name: A, valueFrom: {resourceFieldRef: {resource: limits.memory, divisor: 1Mi}}}]}]} => -
            {containers: [{name: a, image: a, resources: {limits: {hugepages-2Mi: 3Mi}, requests: {hugepages-2Mi: 3Mi}}}]} => spec.containers[0].resources.limits[hugepages-2Mi]: Invalid value: "3Mi": 3Mi is not positive integer multiple of hugepages-2Mi | spec.containers[0].resources.requests[hugepages-2Mi]: Invalid value: "3Mi": 3Mi is not positive integer multiple of hugepages-2Mi | spec.containers[0].resources: Forbidden: HugePages require cpu or memory
            {hostAliases: [{ip: 10.0.0.1, hostnames: [a.b, A]}], C} => spec.hostAliases[0].hostnames[1]: Invalid value: "A": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')
            {tolerations: [{key: a, value: 'b c'}], C} => spec.tolerations[0].operator: Invalid value: "b c": a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')
            {tolerations: [{key: a, operator: Like}], C} => spec.tolerations[0].operator: Unsupported value: "Like": supported values: "Equal", "Exists"
            {dnsConfig: {searches: [_ldap._tcp.example.com]}, C} => -
            {dnsConfig: {searches: [A]}, C} => spec.dnsConfig.searches[0]: Invalid value: "A": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '_', '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '_?[a-z0-9]([-_a-z0-9]*[a-z0-9])?(\\._?[a-z0-9]([-_a-z0-9]*[a-z0-9])?)*')
            {schedulingGates: [{name: g}], nodeName: n, C} => spec.nodeName: Forbidden: cannot be set until all schedulingGates have been cleared
            {os: {}, C} => spec.os.name: Required value: cannot be empty
            {securityContext: {runAsUser: 0, fsGroup: 5, seccompProfile: {type: RuntimeDefault}, sysctls: [{name: net.ipv4.tcp_syncookies, value: '1'}]}, hostUsers: false, C} => -
            """)
    void pods(String spec, String expected) {
        assertErrors("pods", "spec: " + spec, expected);
    }

    @ParameterizedTest
    @CsvSource(delimiterString = " => ", quoteCharacter = '\u0001', textBlock = """
            {hard: {pods: '1.5'}} => spec.hard[pods]: Invalid value: "1500m": must be an integer
            {hard: {apples: 1}} => spec.hard[apples]: Invalid value: "apples": must be a standard resource type or fully qualified | spec.hard[apples]: Invalid value: "apples": must be a standard resource for quota
            {hard: {count/deployments.apps: 1, requests.example.com/gpu: 1, limits.cpu: 1, requests.storage: 1Gi}} => -
            {hard: {pods: 1}, scopes: [Odd]} => spec.scopes: Invalid value: ["Odd"]: unsupported scope
            {hard: {cpu: 1}, scopes: [BestEffort]} => spec.scopes: Invalid value: ["BestEffort"]: unsupported scope applied to resource
            {hard: {pods: 1}, scopes: [BestEffort, NotBestEffort]} => spec.scopes: Invalid value: ["BestEffort","NotBestEffort"]: conflicting scopes
            {hard: {pods: 1}, scopeSelector: {matchExpressions: [{scopeName: PriorityClass, operator: In}]}} => spec.scopeSelector.matchExpressions.values: Required value: must be at least one value when `operator` is 'In' or 'NotIn' for scope selector
            {hard: {pods: 1}, scopeSelector: {matchExpressions: [{scopeName: PriorityClass, operator: In, values: [high]}]}} => -
            """)
    void quotas(String spec, String expected) {
        assertErrors("resourcequotas", "spec: " + spec, expected);
    }

    @ParameterizedTest
    @CsvSource(delimiterString = " => ", quoteCharacter = '\u0001', textBlock = """
            metrics: [{type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 80}}}] => -
            metrics: [{type: Resource}] => spec.metrics[0].resource: Required value: must populate information for the given metric source
            metrics: [{type: Resource, resource: {name: cpu, target: {type: Utilization}}}] => spec.metrics[0].resource.target.averageUtilization: Required value: must set either a target raw value or a target utilization
            metrics: [{type: Resource, resource: {name: cpu, target: {type: Much, averageUtilization: 0}}}] => spec.metrics[0].resource.target.type: Invalid value: "Much": must be either Utilization, Value, or AverageValue | spec.metrics[0].resource.target.averageUtilization: Invalid value: 0: must be greater than 0
            metrics: [{type: Pods, pods: {metric: {name: m}, target: {type: AverageValue, averageValue: '0'}}}] => spec.metrics[0].pods.target.averageValue: Invalid value: "0": must be positive
            metrics: [{type: Sums}] => spec.metrics[0].type: Unsupported value: "Sums": supported values: "ContainerResource", "External", "Object", "Pods", "Resource"
            behavior: {scaleDown: {stabilizationWindowSeconds: 3601, policies: [{type: Pods, value: 0, periodSeconds: 1801}]}} => spec.behavior.scaleDown.stabilizationWindowSeconds: Invalid value: 3601: must be less than or equal to 3600 | spec.behavior.scaleDown.policies[0].value: Invalid value: 0: must be greater than zero | spec.behavior.scaleDown.policies[0].periodSeconds: Invalid value: 1801: must be less than or equal to 1800
            """)
    void autoscalers(String more, String expected) {
        assertErrors("horizontalpodautoscalers.autoscaling", "spec: {scaleTargetRef: {kind: Deployment, name: d}, maxReplicas: 3, " + more + "}", expected);
    }

    @ParameterizedTest
    @CsvSource(delimiterString = " => ", quoteCharacter = '\u0001', textBlock = """
            backoffLimitPerIndex: 1 => spec.backoffLimitPerIndex: Invalid value: 1: requires indexed completion mode
            completionMode: Indexed, completions: 2, backoffLimitPerIndex: 1, maxFailedIndexes: 3 => spec.maxFailedIndexes: Invalid value: 3: must be less than or equal to completions
            podFailurePolicy: {rules: [{action: Ignore}]} => spec.podFailurePolicy.rules[0]: Invalid value: specifying one of OnExitCodes and OnPodConditions is required
            podFailurePolicy: {rules: [{action: FailIndex, onExitCodes: {operator: In, values: [2, 1]}}]} => spec.podFailurePolicy.rules[0].action: Invalid value: "FailIndex": requires the backoffLimitPerIndex to be set | spec.podFailurePolicy.rules[0].onExitCodes.values: Invalid value: [2,1]: must be ordered
            podFailurePolicy: {rules: [{action: FailJob, onExitCodes: {containerName: b, operator: In, values: [0]}}]} => spec.podFailurePolicy.rules[0].onExitCodes.containerName: Invalid value: "b": must be one of the container or initContainer names in the pod template | spec.podFailurePolicy.rules[0].onExitCodes.values[0]: Invalid value: 0: must not be 0 for the In operator
            podFailurePolicy: {rules: [{onExitCodes: {values: [1]}}]} => spec.podFailurePolicy.rules[0].action: Required value: valid values: ["Count" "FailIndex" "FailJob" "Ignore"] | spec.podFailurePolicy.rules[0].onExitCodes.operator: Required value: valid values: ["In" "NotIn"]
            podFailurePolicy: {rules: [{action: Count, onPodConditions: [{type: A, status: Maybe}], onExitCodes: {operator: In, values: [1]}}]} => spec.podFailurePolicy.rules[0]: Invalid value: specifying both OnExitCodes and OnPodConditions is not supported | spec.podFailurePolicy.rules[0].onPodConditions[0].status: Unsupported value: "Maybe": supported values: "False", "True", "Unknown"
            managedBy: me => spec.managedBy: Invalid value: "me": must be a domain-prefixed path (such as "acme.io/foo")
            managedBy: example.com/a b => spec.managedBy: Invalid value: "a b": Invalid path (regex used for validation is '[A-Za-z0-9/\\-._~%!$&'()*+,;=:]+')
            maxFailedIndexes: 1 => spec.backoffLimitPerIndex: Required value: when maxFailedIndexes is specified | spec.maxFailedIndexes: Invalid value: 1: requires indexed completion mode
            completionMode: Indexed, completions: 200000, parallelism: 20000, backoffLimitPerIndex: 1 => spec.maxFailedIndexes: Required value: must be specified when completions is above 100000 | spec.parallelism: Invalid value: 20000: must be less than or equal to 10000 when completions are above 100000 and used with backoff limit per index
            completionMode: Indexed, completions: 9, successPolicy: {rules: [{succeededIndexes: '0-2,9', succeededCount: 2}]} => spec.successPolicy.rules[0].succeededIndexes: Invalid value: "0-2,9": error parsing succeededIndexes: too large index: "9" | spec.successPolicy.rules[0].succeededCount: Invalid value: 2: must be less than or equal to 0 (the number of indexes in the specified succeededIndexes field)
            completionMode: Indexed, completions: 9, successPolicy: {rules: [{succeededIndexes: '0-2,8', succeededCount: 4}]} => -
            podReplacementPolicy: Never => spec.podReplacementPolicy: Unsupported value: "Never": supported values: "Failed", "TerminatingOrFailed"
            completionMode: Indexed, completions: 2, successPolicy: {rules: [{}]} => spec.successPolicy.rules[0]: Required value: at least one of succeededCount or succeededIndexes must be specified
            podFailurePolicy: {rules: [{action: Count, onPodConditions: [{type: DisruptionTarget}]}]} => -
            """)
    void jobs(String more, String expected) {
        assertErrors("jobs.batch", "spec: {manualSelector: true, selector: {matchLabels: {a: b}}, template: {metadata: {labels: {a: b}}, spec: {restartPolicy: Never, C}}, "
                + more + "}", expected);
    }

    @ParameterizedTest
    @CsvSource(delimiterString = " => ", quoteCharacter = '\u0001', textBlock = """
            services => spec: {ports: [{port: 80, appProtocol: 'a b'}]} => spec.ports[0].appProtocol: Invalid value: "a b": name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')
            services => spec: {loadBalancerClass: a/b, ports: [{port: 80}]} => spec.loadBalancerClass: Forbidden: may only be used when `type` is 'LoadBalancer'
            services => spec: {healthCheckNodePort: 30001, ports: [{port: 80}]} => spec.healthCheckNodePort: Invalid value: 30001: may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'
            services => spec: {type: ExternalName, externalName: Example.com., clusterIP: 10.43.0.9} => spec.clusterIPs: Forbidden: may not be set for ExternalName services | spec.externalName: Invalid value: "Example.com": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')
            services => spec: {loadBalancerSourceRanges: [10.0.0.0], ports: [{port: 80}]} => spec.LoadBalancerSourceRanges[0]: Invalid value: "10.0.0.0": must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64) | spec.LoadBalancerSourceRanges: Forbidden: may only be used when `type` is 'LoadBalancer'
            services => {metadata: {annotations: {service.beta.kubernetes.io/load-balancer-source-ranges: '10.0.0.0/8, x'}}, spec: {type: LoadBalancer, ports: [{port: 80}]}} => metadata.annotations[service.beta.kubernetes.io/load-balancer-source-ranges]: Invalid value: "x": must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)
            endpoints => subsets: [{addresses: [{ip: 10.0.0.1, hostname: a.b, nodeName: n_1}]}] => subsets[0].addresses[0].hostname: Invalid value: "a.b": must not contain dots | subsets[0].addresses[0].nodeName: Invalid value: "n_1": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')
            secrets => {type: kubernetes.io/ssh-auth, data: {ssh-privatekey: ''}} => data[ssh-privatekey]: Required value
            services => spec: {externalIPs: [127.0.0.1], ports: [{port: 80}]} => spec.externalIPs[0]: Invalid value: "127.0.0.1": may not be in the loopback range (127.0.0.0/8, ::1/128)
            endpoints => subsets: [{addresses: [{ip: 169.254.1.1}], ports: [{port: 80}]}] => subsets[0].addresses[0].ip: Invalid value: "169.254.1.1": may not be in the link-local range (169.254.0.0/16, fe80::/10)
            endpointslices.discovery.k8s.io => {addressType: IPv6, endpoints: [{addresses: ['::']}]} => endpoints[0].addresses[0]: Invalid value: "::": may not be unspecified (0.0.0.0 or ::)
            networkpolicies.networking.k8s.io => spec: {podSelector: {}, ingress: [{from: [{ipBlock: {cidr: 10.0.0.0/8, except: [11.0.0.0/16]}}]}]} => spec.ingress[0].from[0].ipBlock.except[0]: Invalid value: "11.0.0.0/16": must be a strict subset of `cidr`
            ingressclasses.networking.k8s.io => spec: {controller: nginx} => spec.controller: Invalid value: "nginx": must be a domain-prefixed path (such as "acme.io/foo")
            ingressclasses.networking.k8s.io => spec: {controller: example.com/c, parameters: {kind: K, name: n, scope: Namespace}} => spec.parameters.namespace: Required value: `parameters.scope` is set to 'Namespace'
            ingresses.networking.k8s.io => {metadata: {annotations: {kubernetes.io/ingress.class: a}}, spec: {ingressClassName: b, defaultBackend: {service: {name: s, port: {number: 80}}}}} => metadata.annotations: Invalid value: "a": can not be set when the class field is also set
            endpointslices.discovery.k8s.io => {addressType: FQDN, endpoints: [{addresses: [a.b., host]}], ports: [{name: A_, port: 1}]} => endpoints[0].addresses[1]: Invalid value: "host": should be a domain with at least two segments separated by dots | ports[0].name: Invalid value: "A_": a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')
            endpointslices.discovery.k8s.io => {addressType: IPv4, endpoints: [{addresses: [10.0.0.1], nodeName: N1, hints: {forZones: [{name: z}, {name: z}]}}]} => endpoints[0].nodeName: Invalid value: "N1": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*') | endpoints[0].hints.forZones[1].name: Duplicate value: "z"
            ipaddresses.networking.k8s.io => {metadata: {name: 10.0.0.1}, spec: {parentRef: {resource: services, name: s, namespace: ns}}} => -
            ipaddresses.networking.k8s.io => {metadata: {name: 10.0.0.1}, spec: {parentRef: {group: a/b, name: s/t}}} => spec.parentRef.group: Invalid value: "a/b": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*') | spec.parentRef.resource: Required value | spec.parentRef.name: Invalid value: "s/t": may not contain '/'
            ipaddresses.networking.k8s.io => {metadata: {name: 10.0.0.1}} => spec.parentRef: Required value
            servicecidrs.networking.k8s.io => spec: {cidrs: [10.43.0.0/16, 'fd00::/112']} => -
            servicecidrs.networking.k8s.io => spec: {cidrs: [10.43.0.0/16, 10.44.0.0/16]} => spec.cidrs: Invalid value: {"cidrs":["10.43.0.0/16","10.44.0.0/16"]}: may specify no more than one IP for each IP family, i.e 192.168.0.0/24 and 2001:db8::/64
            servicecidrs.networking.k8s.io => spec: {cidrs: []} => spec.cidrs: Required value: at least one CIDR required
            leases.coordination.k8s.io => spec: {strategy: Newest, leaseDurationSeconds: 0} => spec.leaseDurationSeconds: Invalid value: 0: must be greater than 0 | spec.strategy: Unsupported value: "Newest": supported values: "OldestEmulationVersion"
            leases.coordination.k8s.io => spec: {preferredHolder: a} => spec.preferredHolder: Forbidden: may only be specified if `strategy` is defined
            runtimeclasses.node.k8s.io => {handler: h, overhead: {podFixed: {cpu: -1}}, scheduling: {tolerations: [{key: a, operator: Exists}, {key: a, operator: Exists, effect: ''}]}} => overhead.limits[cpu]: Invalid value: "-1": must be greater than or equal to 0 | scheduling.tolerations[1]: Duplicate value: {"key":"a","operator":"Exists"}
            cronjobs.batch => spec: {schedule: 'TZ=UTC * * * * *', timeZone: local, jobTemplate: {spec: {selector: {}, manualSelector: true, template: {spec: {restartPolicy: Never, C}}}}} => spec.schedule: Invalid value: "TZ=UTC * * * * *": cannot use TZ or CRON_TZ in schedule, use timeZone field instead | spec.timeZone: Invalid value: "local": timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones | spec.timeZone: Invalid value: "local": unknown time zone local | spec.jobTemplate.spec.selector: Invalid value: {}: `selector` will be auto-generated | spec.jobTemplate.spec.manualSelector: Unsupported value: true: supported values: "nil", "false"
            cronjobs.batch => spec: {schedule: '* * * * *', timeZone: '+01:00', jobTemplate: {spec: {template: {spec: {restartPolicy: Never, C}}}}} => spec.timeZone: Invalid value: "+01:00": unknown time zone +01:00
            cronjobs.batch => spec: {schedule: '*/0 * * * *', jobTemplate: {spec: {template: {spec: {restartPolicy: Never, C}}}}} => spec.schedule: Invalid value: "*/0 * * * *": step of range should be a positive number: */0
            cronjobs.batch => spec: {schedule: '5-3 * * * *', jobTemplate: {spec: {template: {spec: {restartPolicy: Never, C}}}}} => spec.schedule: Invalid value: "5-3 * * * *": beginning of range (5) beyond end of range (3): 5-3
            cronjobs.batch => spec: {schedule: 'FOO * * * *', jobTemplate: {spec: {template: {spec: {restartPolicy: Never, C}}}}} => spec.schedule: Invalid value: "FOO * * * *": failed to parse int from FOO: strconv.Atoi: parsing "FOO": invalid syntax
            cronjobs.batch => spec: {schedule: '@every 1x', jobTemplate: {spec: {template: {spec: {restartPolicy: Never, C}}}}} => spec.schedule: Invalid value: "@every 1x": failed to parse duration @every 1x: time: unknown unit "x" in duration "1x"
            cronjobs.batch => spec: {schedule: '@every 1.5h', jobTemplate: {spec: {template: {spec: {restartPolicy: Never, C}}}}} => -
            cronjobs.batch => spec: {schedule: '5/2147483647 * * * *', jobTemplate: {spec: {template: {spec: {restartPolicy: Never, C}}}}} => -
            certificatesigningrequests.certificates.k8s.io => spec: {request: aGk=, signerName: signer, usages: [client auth, client auth, fly]} => spec.signerName: Invalid value: "signer": must be a fully qualified domain and path of the form 'example.com/signer-name' | spec.usages[1]: Duplicate value: "client auth" | spec.usages[2]: Unsupported value: "fly": supported values: "any", "cert sign", "client auth", "code signing", "content commitment", "crl sign", "data encipherment", "decipher only", "digital signature", "email protection", "encipher only", "ipsec end system", "ipsec tunnel", "ipsec user", "key agreement", "key encipherment", "microsoft sgc", "netscape sgc", "ocsp signing", "s/mime", "server auth", "signing", "timestamping"
            apiservices.apiregistration.k8s.io => {metadata: {name: v1.x}, spec: {group: example.com, version: v1, groupPriorityMinimum: 0, versionPriority: 1, service: {name: s}}} => metadata.name: Invalid value: "v1.x": must be `spec.version+"."+spec.group`: "v1.example.com" | spec.groupPriorityMinimum: Invalid value: 0: must be positive and less than 20000 | spec.service.namespace: Required value
            statefulsets.apps => spec: {persistentVolumeClaimRetentionPolicy: {whenDeleted: Keep}, selector: {matchLabels: {a: b}}, template: {metadata: {labels: {a: b}}, spec: {C}}} => spec.persistentVolumeClaimRetentionPolicy.whenDeleted: Unsupported value: "Keep": supported values: "Delete", "Retain"
            """)
    void others(String type, String yaml, String expected) {
        assertErrors(type, yaml, expected);
    }

    @ParameterizedTest
    @CsvSource(delimiterString = " => ", quoteCharacter = '\u0001', textBlock = """
            servicecidrs.networking.k8s.io => spec: {cidrs: [10.43.0.0/16]} => spec: {cidrs: [10.44.0.0/16]} => spec.cidrs: Invalid value: ["10.44.0.0/16"]: field is immutable
            services => spec: {type: LoadBalancer, externalTrafficPolicy: Local, healthCheckNodePort: 30001, ports: [{port: 80}]} => spec: {type: LoadBalancer, externalTrafficPolicy: Local, healthCheckNodePort: 30002, ports: [{port: 80}]} => spec.healthCheckNodePort: Forbidden: field is immutable
            jobs.batch => spec: {manualSelector: true, completionMode: Indexed, completions: 2, parallelism: 2, selector: {matchLabels: {a: b}}, template: {metadata: {labels: {a: b}}, spec: {restartPolicy: Never, C}}} => spec: {manualSelector: true, completionMode: Indexed, completions: 3, parallelism: 2, selector: {matchLabels: {a: b}}, template: {metadata: {labels: {a: b}}, spec: {restartPolicy: Never, C}}} => spec.completions: Invalid value: 3: can only be modified in tandem with spec.parallelism
            jobs.batch => spec: {manualSelector: true, completionMode: Indexed, completions: 2, parallelism: 2, selector: {matchLabels: {a: b}}, template: {metadata: {labels: {a: b}}, spec: {restartPolicy: Never, C}}} => spec: {manualSelector: true, completionMode: Indexed, completions: 3, parallelism: 3, selector: {matchLabels: {a: b}}, template: {metadata: {labels: {a: b}}, spec: {restartPolicy: Never, C}}} => -
            ipaddresses.networking.k8s.io => {metadata: {name: 10.0.0.1}, spec: {parentRef: {resource: r, name: s}}} => {metadata: {name: 10.0.0.1}, spec: {parentRef: {resource: r, name: t}}} => spec.parentRef: Invalid value: {"resource":"r","name":"t"}: field is immutable
            cronjobs.batch => spec: {schedule: 'CRON_TZ=UTC * * * * *', timeZone: Gone/Zone, jobTemplate: {spec: {template: {spec: {restartPolicy: Never, C}}}}} => spec: {schedule: 'CRON_TZ=UTC 1 * * * *', timeZone: Gone/Zone, jobTemplate: {spec: {template: {spec: {restartPolicy: Never, C}}}}} => spec.schedule: Invalid value: "CRON_TZ=UTC 1 * * * *": cannot use both timeZone field and TZ or CRON_TZ in schedule
            cronjobs.batch => spec: {schedule: '*/0 * * * *', jobTemplate: {spec: {template: {spec: {restartPolicy: Never, C}}}}} => spec: {suspend: true, schedule: '*/0 * * * *', jobTemplate: {spec: {template: {spec: {restartPolicy: Never, C}}}}} => -
            cronjobs.batch => spec: {schedule: '*/0 * * * *', jobTemplate: {spec: {template: {spec: {restartPolicy: Never, C}}}}} => spec: {schedule: '0 0 0 * *', jobTemplate: {spec: {template: {spec: {restartPolicy: Never, C}}}}} => spec.schedule: Invalid value: "0 0 0 * *": beginning of range (0) below minimum (1): 0
            """)
    void updates(String type, String before, String after, String expected) {
        assertUpdateErrors(type, before, after, expected);
    }
}
