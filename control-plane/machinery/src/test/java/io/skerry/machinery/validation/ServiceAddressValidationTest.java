package io.skerry.machinery.validation;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Each line is a service's spec, or two for an update, and all that is to be said against it; {@code -} for nothing. */
class ServiceAddressValidationTest {

    @ParameterizedTest
    @CsvSource(delimiterString = " => ", quoteCharacter = '\u0001', textBlock = """
            ipFamilies: [IPv4], ipFamilyPolicy: PreferDualStack => -
            clusterIP: 10.43.0.5, clusterIPs: [10.43.0.5, 'fd00::5'], ipFamilies: [IPv4, IPv6], ipFamilyPolicy: RequireDualStack => -
            ipFamilyPolicy: Both => spec.ipFamilyPolicy: Unsupported value: "Both": supported values: "PreferDualStack", "RequireDualStack", "SingleStack"
            ipFamilies: [IPv5] => spec.ipFamilies[0]: Unsupported value: "IPv5": supported values: "IPv4", "IPv6"
            ipFamilies: [IPv4, IPv4] => spec.ipFamilies[1]: Duplicate value: "IPv4"
            clusterIPs: [10.43.0.5] => spec.clusterIPs: Invalid value: ["10.43.0.5"]: must be empty when `clusterIP` is not specified
            clusterIP: 10.43.0.5, clusterIPs: [10.43.0.6] => spec.clusterIPs: Invalid value: ["10.43.0.6"]: first value must match `clusterIP`
            clusterIP: None, clusterIPs: [None, 10.43.0.6] => spec.clusterIPs: Invalid value: ["None","10.43.0.6"]: 'None' must be the first and only value
            clusterIP: 10.43.0.5, clusterIPs: [10.43.0.5, x] => spec.clusterIPs[1]: Invalid value: "x": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)
            clusterIP: 10.43.0.5, clusterIPs: [10.43.0.5, 10.43.0.6] => spec.clusterIPs: Invalid value: ["10.43.0.5","10.43.0.6"]: may specify no more than one IP for each IP family
            clusterIP: 10.43.0.5, clusterIPs: [10.43.0.5, 'fd00::5', 'fd00::6'] => spec.clusterIPs: Invalid value: ["10.43.0.5","fd00::5","fd00::6"]: may only hold up to 2 values
            clusterIP: 10.43.0.5, ipFamilies: [IPv6] => spec.clusterIPs[0]: Invalid value: "10.43.0.5": expected an IPv6 value as indicated by `ipFamilies[0]`
            clusterIP: 'fd00::5', ipFamilies: [IPv4] => spec.clusterIPs[0]: Invalid value: "fd00::5": expected an IPv4 value as indicated by `ipFamilies[0]`
            clusterIP: None, ipFamilies: [IPv6, IPv4] => -
            type: ExternalName, externalName: a.b, ipFamilies: [IPv4], ipFamilyPolicy: SingleStack => spec.ipFamilies: Forbidden: may not be set for ExternalName services | spec.ipFamilyPolicy: Forbidden: may not be set for ExternalName services
            type: ExternalName, externalName: a.b, clusterIPs: [10.43.0.5] => spec.clusterIPs: Forbidden: may not be set for ExternalName services
            """)
    void creates(String spec, String expected) {
        DetailedValidationTest.assertErrors("services", service(spec), expected);
    }

    private static String service(String spec) {
        return "spec: {ports: [{port: 80}], " + spec + "}";
    }

    @ParameterizedTest
    @CsvSource(delimiterString = " => ", quoteCharacter = '\u0001', textBlock = """
            clusterIP: 10.43.0.5, ipFamilies: [IPv6] => clusterIP: 10.43.0.5, ipFamilies: [IPv6], sessionAffinity: ClientIP => -
            clusterIP: 10.43.0.5, clusterIPs: [10.43.0.5] => clusterIP: 10.43.0.6, clusterIPs: [10.43.0.6] => spec.clusterIPs[0]: Invalid value: ["10.43.0.6"]: may not change once set
            clusterIP: 10.43.0.5, clusterIPs: [10.43.0.5] => clusterIP: None, clusterIPs: [None] => spec.clusterIPs[0]: Invalid value: ["None"]: may not change once set
            clusterIP: 10.43.0.5, clusterIPs: [10.43.0.5] => ipFamilyPolicy: SingleStack => spec.clusterIPs[0]: Invalid value: []: primary clusterIP can not be unset
            clusterIP: 10.43.0.5, clusterIPs: [10.43.0.5] => clusterIP: 10.43.0.5, clusterIPs: [10.43.0.5, 'fd00::5'] => -
            clusterIP: 10.43.0.5, clusterIPs: [10.43.0.5, 'fd00::5'] => clusterIP: 10.43.0.5, clusterIPs: [10.43.0.5] => spec.ipFamilyPolicy: Invalid value: null: must be set to 'SingleStack' when releasing the secondary clusterIP
            clusterIP: 10.43.0.5, clusterIPs: [10.43.0.5, 'fd00::5'] => clusterIP: 10.43.0.5, clusterIPs: [10.43.0.5], ipFamilyPolicy: SingleStack => -
            clusterIP: 10.43.0.5, ipFamilies: [IPv4, IPv6] => clusterIP: 10.43.0.5, ipFamilies: [IPv4], ipFamilyPolicy: PreferDualStack => spec.ipFamilyPolicy: Invalid value: "PreferDualStack": must be set to 'SingleStack' when releasing the secondary ipFamily
            ipFamilies: [IPv4] => ipFamilies: [IPv6] => spec.ipFamilies[0]: Invalid value: ["IPv6"]: may not change once set
            clusterIP: None, ipFamilies: [IPv4] => clusterIP: None, ipFamilies: [IPv6] => -
            clusterIP: 10.43.0.5, clusterIPs: [10.43.0.5] => type: ExternalName, externalName: a.b => -
            type: ExternalName, externalName: a.b => clusterIP: 10.43.0.5, ipFamilies: [IPv4] => -
            """)
    void updates(String before, String after, String expected) {
        DetailedValidationTest.assertUpdateErrors("services", service(before), service(after), expected);
    }
}
