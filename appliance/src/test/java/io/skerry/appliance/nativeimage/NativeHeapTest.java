package io.skerry.appliance.nativeimage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.skerry.appliance.UserError;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class NativeHeapTest {
    @Test
    void readsSizes() {
        assertThat(NativeHeap.bytes("256m")).isEqualTo(256L << 20);
        assertThat(NativeHeap.bytes("3G")).isEqualTo(3L << 30);
    }

    @ParameterizedTest
    @ValueSource(strings = {"256", "0m", "-1g", "1.5g", "1t", "1 g", "99999999g"})
    void refusesWhatIsNoSize(String size) {
        assertThatThrownBy(() -> NativeHeap.bytes(size)).isInstanceOf(UserError.class).hasMessageContaining("SKERRY_MAX_HEAP: " + size);
    }
}
