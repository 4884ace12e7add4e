package io.skerry.machinery.validation;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class NamesTest {

    @Test
    void upstreamsWords() {
        assertThat(Names.dns1123Subdomain("A_b")).containsExactly("a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an "
                + "alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')");
        assertThat(Names.dns1123Label("A")).containsExactly("a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric "
                + "character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')");
        assertThat(Names.dns1123Label("a.b")).containsExactly("must not contain dots");
        assertThat(Names.dns1123Label("a".repeat(64))).containsExactly("must be no more than 63 bytes");
        assertThat(Names.dns1035Label("1a")).containsExactly("a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an "
                + "alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')");
        assertThat(Names.labelValue("a b")).containsExactly("a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an "
                + "alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')");
        assertThat(Names.qualifiedName("a b")).containsExactly("name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character "
                + "(e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')");
        assertThat(Names.portName("http--1-")).containsExactly("must not contain consecutive hyphens", "must not begin or end with a hyphen");
        assertThat(Names.portName("80")).containsExactly("must contain at least one letter (a-z)");
        assertThat(Names.portName("abcdefghijklmnop")).containsExactly("must be no more than 15 characters");
    }

    @Test
    void accepts() {
        assertThat(Names.qualifiedName("app.kubernetes.io/name")).isEmpty();
        assertThat(Names.qualifiedName("/name")).contains("prefix part must be non-empty");
        assertThat(Names.qualifiedName("a/")).contains("name part must be non-empty");
        assertThat(Names.qualifiedName("a/b/c")).hasSize(1);
        assertThat(Names.labelValue("")).isEmpty();
        assertThat(Names.labelValue("v1.2_3")).isEmpty();
        assertThat(Names.envVarName("_A.b-1")).isEmpty();
        assertThat(Names.envVarName("1A b/c")).isEmpty();
        assertThat(Names.envVarName("A=B")).containsExactly("a valid environment variable name must consist only of printable ASCII characters other than '='");
        assertThat(Names.envVarName("ä")).hasSize(1);
        assertThat(Names.configMapKey("a.b-C_1")).isEmpty();
        assertThat(Names.configMapKey("..")).containsExactly("must not be '..'");
        assertThat(Names.configMapKey("..a")).containsExactly("must not start with '..'");
        assertThat(Names.pathSegment("system:node")).isEmpty();
        assertThat(Names.pathSegment("a/b")).containsExactly("may not contain '/'");
        assertThat(Names.portName("http-1")).isEmpty();
    }

    @Test
    void refusesWhatIsHugeAtOnce() {
        String huge = "a.".repeat(100_000) + "a";
        assertThat(Names.dns1123Subdomain(huge)).hasSize(2).first().isEqualTo("must be no more than 253 bytes");
        assertThat(Names.dns1123Label(huge)).hasSize(2);
        assertThat(Names.qualifiedName(huge + "/" + huge)).hasSizeGreaterThan(1);
        assertThat(Names.labelValue(huge)).hasSize(2);
    }

    @Test
    void addresses() {
        for (String ip : new String[] {"10.0.0.1", "255.255.255.255", "::1", "2001:db8::ffff"}) {
            assertThat(Addresses.ip(ip)).as(ip).isEmpty();
        }
        for (String ip : new String[] {"10.0.0", "10.0.0.256", "1.2.3.4.", "01.2.3.4", "x", "", "::g", "fe80::1%eth0", "[::1]"}) {
            assertThat(Addresses.ip(ip)).as(ip).hasSize(1);
        }
        assertThat(Addresses.cidr("10.42.0.0/16")).isEmpty();
        assertThat(Addresses.cidr("fd00::/64")).isEmpty();
        assertThat(Addresses.cidr("10.42.0.0/33")).hasSize(1);
        assertThat(Addresses.cidr("10.42.0.0")).hasSize(1);
    }
}
