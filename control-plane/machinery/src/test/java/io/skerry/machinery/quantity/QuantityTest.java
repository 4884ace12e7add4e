package io.skerry.machinery.quantity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.math.BigDecimal;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class QuantityTest {

    @ParameterizedTest
    @CsvSource({"0,0", "0m,0", "0Ki,0", "1,1", "1000,1k", "1001,1001", "1000m,1", "1500m,1500m", "0.5,500m", "1.5,1500m", ".5,500m", "1.,1", "100m,100m", "1000Ki,1000Ki", "1024Ki,1Mi",
        "1.5Gi,1536Mi", "0.5Mi,512Ki", "0.5Ki,512", "1023,1023", "1024,1024", "1048576Ki,1Gi", "1e3,1e3", "1e4,10e3", "1E3,1e3", "12345e-3,12345e-3", "1e0,1", "1M,1M", "1500k,1500k", "1000k,1M",
        "+5,5", "-5,-5", "-0.5,-500m", "1n,1n", "0.1n,1n", "1.0000000001,1000000001n", "100u,100u", "1P,1P", "1E,1E", "2Ei,2Ei", "100E,9223372036854775807", "1.1Ki,1126400m", "10Ki,10Ki", "1e-3,1e-3"})
    void canonicalForm(String text, String canonical) {
        Quantity q = Quantity.parse(text);
        assertThat(q.toString()).isEqualTo(canonical);
        assertThat(Quantity.parse(canonical)).isEqualTo(q);
    }

    @ParameterizedTest
    @CsvSource(delimiter = ';', quoteCharacter = '"', value = {"\"\"; quantities must match", "abc; quantities must match", "1.1.1; quantities must match", "+; quantities must match",
        ".; unable to parse numeric part", "1 Gi; quantities must match", "1gi; quantities must match", "1mm; unable to parse quantity's suffix", "1KM; unable to parse quantity's suffix",
        "1e; unable to parse quantity's suffix", "1K; unable to parse quantity's suffix", "1e1.5; quantities must match", "\" 1\"; quantities must match"})
    void refuses(String text, String message) {
        assertThatThrownBy(() -> Quantity.parse(text)).isInstanceOf(IllegalArgumentException.class).hasMessageStartingWith(message);
    }

    @Test
    void countsAndRoundsUp() {
        assertThat(Quantity.parse("1.5Gi").longValue()).isEqualTo(1610612736L);
        assertThat(Quantity.parse("100m").longValue()).isEqualTo(1);
        assertThat(Quantity.parse("100m").milliValue()).isEqualTo(100);
        assertThat(Quantity.parse("1u").milliValue()).isEqualTo(1);
        assertThat(Quantity.parse("8Ei").longValue()).isEqualTo(Long.MAX_VALUE);
        assertThat(Quantity.parse("1E").milliValue()).isEqualTo(Long.MAX_VALUE);
        assertThat(Quantity.parse("1e3").value()).isEqualByComparingTo(new BigDecimal(1000));
    }

    @Test
    void refusesEndlessDigits() {
        assertThatThrownBy(() -> Quantity.parse("1".repeat(1_000_000))).isInstanceOf(IllegalArgumentException.class);
        assertThat(Quantity.parse("1e999999999").longValue()).isEqualTo(Long.MAX_VALUE);
    }

    @Test
    void addsAndCompares() {
        assertThat(Quantity.parse("512Mi").add(Quantity.parse("512Mi"))).hasToString("1Gi");
        assertThat(Quantity.ZERO.add(Quantity.parse("1Gi"))).hasToString("1Gi");
        assertThat(Quantity.parse("1").subtract(Quantity.parse("250m"))).hasToString("750m");
        assertThat(Quantity.parse("1Gi")).isEqualTo(Quantity.parse("1024Mi")).hasSameHashCodeAs(Quantity.parse("1024Mi")).isGreaterThan(Quantity.parse("1G"));
        assertThat(Quantity.parse("1000m")).isEqualTo(Quantity.parse("1"));
    }
}
