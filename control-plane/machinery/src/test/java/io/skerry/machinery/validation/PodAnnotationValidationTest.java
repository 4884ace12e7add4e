package io.skerry.machinery.validation;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PodAnnotationValidationTest {

    @ParameterizedTest
    @CsvSource(delimiterString = " => ", quoteCharacter = '\u0001', textBlock = """
            controller.kubernetes.io/pod-deletion-cost: '-100' => -
            controller.kubernetes.io/pod-deletion-cost: '+1' => A[controller.kubernetes.io/pod-deletion-cost]: Invalid value: "+1": must be a 32bit integer
            controller.kubernetes.io/pod-deletion-cost: '2147483648' => A[controller.kubernetes.io/pod-deletion-cost]: Invalid value: "2147483648": must be a 32bit integer
            kubernetes.io/config.mirror: x => A[kubernetes.io/config.mirror]: Invalid value: "x": must set spec.nodeName if mirror pod annotation is set
            container.apparmor.security.beta.kubernetes.io/a: localhost/p => -
            container.apparmor.security.beta.kubernetes.io/b: strict => A[container.apparmor.security.beta.kubernetes.io/b]: Invalid value: "b": container not found | A[container.apparmor.security.beta.kubernetes.io/b]: Invalid value: "strict": invalid AppArmor profile name: "strict"
            """)
    void ofPodsAndTemplates(String annotations, String expected) {
        DetailedValidationTest.assertErrors("pods", "{metadata: {annotations: {" + annotations + "}}, spec: {C}}", expected.replace("A[", "metadata.annotations["));
        DetailedValidationTest.assertErrors("podtemplates", "template: {metadata: {annotations: {" + annotations + "}}, spec: {C}}", expected.replace("A[", "template.annotations["));
    }

    @ParameterizedTest
    @CsvSource(delimiterString = " => ", quoteCharacter = '\u0001', textBlock = """
            a: b => a: c => -
            kubernetes.io/config.mirror: x => a: b => metadata.annotations[kubernetes.io/config.mirror]: Forbidden: may not remove or update mirror pod annotation
            a: b => kubernetes.io/config.mirror: x => metadata.annotations[kubernetes.io/config.mirror]: Forbidden: may not add mirror pod annotation
            a: b => container.apparmor.security.beta.kubernetes.io/a: unconfined => metadata.annotations[container.apparmor.security.beta.kubernetes.io/a]: Forbidden: may not add AppArmor annotations
            """)
    void whatStays(String before, String after, String expected) {
        DetailedValidationTest.assertUpdateErrors("pods", "{metadata: {annotations: {" + before + "}}, spec: {nodeName: n, C}}", "{metadata: {annotations: {" + after + "}}, spec: {nodeName: n, C}}",
                expected);
    }
}
