package io.skerry.machinery.validation;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Each line is a pod's spec and all that is to be said against it; {@code -} for nothing. */
class ResourceClaimValidationTest {

    private static final String LABEL = "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character"
            + " (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";

    @ParameterizedTest
    @CsvSource(delimiterString = " => ", quoteCharacter = '\u0001', textBlock = """
            {resourceClaims: [{name: g, resourceClaimName: mine}, {name: h, resourceClaimTemplateName: each.one}], C} => -
            {resourceClaims: [{resourceClaimName: mine}], C} => spec.resourceClaims[0].name: Required value
            {resourceClaims: [{name: g_1, resourceClaimName: mine}], C} => spec.resourceClaims[0].name: Invalid value: "g_1": LABEL
            {resourceClaims: [{name: g}], C} => spec.resourceClaims[0]: Invalid value: {"name":"g"}: must specify one of: `resourceClaimName`, `resourceClaimTemplateName`
            {resourceClaims: [{name: g, resourceClaimName: a, resourceClaimTemplateName: b}], C} => spec.resourceClaims[0]: Invalid value: {"name":"g","resourceClaimName":"a","resourceClaimTemplateName":"b"}: at most one of `resourceClaimName` or `resourceClaimTemplateName` may be specified
            {resourceClaims: [{name: g, resourceClaimName: a}, {name: g, resourceClaimName: b}], C} => spec.resourceClaims[1].name: Duplicate value: "g"
            {resourceClaims: [{name: g, resourceClaimName: a}], containers: [{name: c, image: a, resources: {claims: [{name: g, request: r}, {name: g, request: s}]}}]} => -
            {containers: [{name: c, image: a, resources: {claims: [{name: g}]}}]} => spec.containers[0].resources.claims[0]: Not found: "g": must be one of the names in pod.spec.resourceClaims which is empty
            {resourceClaims: [{name: h, resourceClaimName: a}, {name: g, resourceClaimName: a}], containers: [{name: c, image: a, resources: {claims: [{name: x}]}}]} => spec.containers[0].resources.claims[0]: Not found: "x": must be one of the names in pod.spec.resourceClaims: g, h
            {resourceClaims: [{name: g, resourceClaimName: a}], initContainers: [{name: i, image: a, resources: {claims: [{name: g}, {name: g}]}}], C} => spec.initContainers[0].resources.claims[1]: Duplicate value: "g"
            {resourceClaims: [{name: g, resourceClaimName: a}], containers: [{name: c, image: a, resources: {claims: [{name: g, request: r}, {name: g, request: r}]}}]} => spec.containers[0].resources.claims[1]: Duplicate value: "g/r"
            {resourceClaims: [{name: g, resourceClaimName: a}], containers: [{name: c, image: a, resources: {claims: [{name: g, request: r}, {name: g}]}}]} => spec.containers[0].resources.claims[1]: Duplicate value: "g"
            {resourceClaims: [{name: g, resourceClaimName: a}], containers: [{name: c, image: a, resources: {claims: [{name: g, request: R}]}}]} => spec.containers[0].resources.claims[0].request: Invalid value: "R": LABEL
            {resourceClaims: [{name: g, resourceClaimName: a}], containers: [{name: c, image: a, resources: {claims: [{name: g, request: r}]}}, {name: d, image: a, resources: {claims: [{name: g, request: r}]}}]} => -
            """)
    void pods(String spec, String expected) {
        DetailedValidationTest.assertErrors("pods", "spec: " + spec, expected.replace("LABEL", LABEL));
    }
}
