package io.skerry.appliance.os;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.DayOfWeek;
import java.time.Duration;
import java.time.LocalTime;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import java.util.EnumSet;
import java.util.Set;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MaintenanceWindowTest {
    @ParameterizedTest
    @CsvSource({
        // 2026-11-22 is a Sunday.
        "2026-11-22T01:00, ALL, 02:00, 2h, 1h",
        "2026-11-22T02:00, ALL, 02:00, 2h, 0h",
        "2026-11-22T03:59, ALL, 02:00, 2h, 0h",
        "2026-11-22T04:00, ALL, 02:00, 2h, 22h",
        "2026-11-22T00:30, ALL, 23:00, 2h, 0h",
        "2026-11-22T12:00, SUNDAY, 11:00, 30m, 167h",
        "2026-11-23T00:30, SUNDAY, 23:00, 2h, 0h",
        "2026-11-23T01:30, SUNDAY, 23:00, 2h, 165.5h",
        // The clocks are put forward from 2:00 to 3:00: what would begin at 2:30 begins at 3:30.
        "2026-03-29T01:30, ALL, 02:30, 1h, 1h",
    })
    void saysHowLongItIs(String now, String days, String start, String duration, String until) {
        Set<DayOfWeek> on = days.equals("ALL") ? EnumSet.allOf(DayOfWeek.class) : EnumSet.of(DayOfWeek.valueOf(days));
        MaintenanceWindow window = new MaintenanceWindow(on, LocalTime.parse(start), Duration.parse("PT" + duration.toUpperCase()));
        long minutes = Math.round(Double.parseDouble(until.replace("h", "")) * 60);
        assertThat(window.until(ZonedDateTime.of(java.time.LocalDateTime.parse(now), ZoneId.of("Europe/Berlin")))).isEqualTo(Duration.ofMinutes(minutes));
    }
}
