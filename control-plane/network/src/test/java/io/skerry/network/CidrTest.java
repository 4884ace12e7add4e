package io.skerry.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CidrTest {

    @Test
    void knowsItsAddresses() {
        Cidr cidr = Cidr.parse("10.42.255.0/24");
        assertThat(cidr.contains("10.42.255.255")).isTrue();
        assertThat(cidr.contains("10.43.0.0")).isFalse();
        assertThat(cidr.contains("fd00::1")).isFalse();
        assertThat(cidr.address(1L)).isEqualTo("10.42.255.1");
        assertThat(cidr).hasToString("10.42.255.0/24");
        assertThat(Cidr.parse("0.0.0.0/0").contains("203.0.113.1")).isTrue();
        assertThat(Cidr.parse("192.168.0.0/16").contains("192.168.200.1")).isTrue();
    }

    @ParameterizedTest
    @ValueSource(strings = {"10.42.0.1/24", "10.42.0.0", "10.42.0.0/33", "10.42.0.0/-1", "10.42.0/24", "fd00::/64", "10.42.0.0/x", "/24"})
    void refusesWhatIsNoNetwork(String text) {
        assertThatThrownBy(() -> Cidr.parse(text)).isInstanceOf(IllegalArgumentException.class);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "1", "1.2.3", "1.2.3.4.5", "256.1.1.1", "1..2.3", ".1.2.3", "1.2.3.", "a.b.c.d", "None", "1.2.3.0004"})
    void knowsWhatIsNoAddress(String text) {
        assertThat(Cidr.isAddress(text)).isFalse();
    }
}
