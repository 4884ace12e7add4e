package io.skerry.machinery.cron;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CronScheduleTest {

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            */15 * * * *          | 2026-03-01T10:14:59Z | 2026-03-01T10:15:00Z
            0 9-17/4 * * mon-FRI  | 2026-03-06T17:00:00Z | 2026-03-09T09:00:00Z
            30 4 1,15 * 5         | 2026-03-02T00:00:00Z | 2026-03-06T04:30:00Z
            0 0 */2 * 1           | 2026-03-01T00:00:00Z | 2026-03-02T00:00:00Z
            0 0 */1 * 1           | 2026-03-03T00:00:00Z | 2026-03-09T00:00:00Z
            0 0 ? * 0             | 2026-03-02T00:00:00Z | 2026-03-08T00:00:00Z
            0 0 29 2 *            | 2026-03-01T00:00:00Z | 2028-02-29T00:00:00Z
            5/2147483647 * * * *  | 2026-01-01T00:06:00Z | 2026-01-01T01:05:00Z
            5/9223372036854775807 * * * * | 2026-01-01T00:06:00Z | 2026-01-01T01:05:00Z
            1,,2 * * * *          | 2026-01-01T00:01:00Z | 2026-01-01T00:02:00Z
            0 0 1 JAN *           | 2026-03-01T00:00:00Z | 2027-01-01T00:00:00Z
            @monthly              | 2026-12-31T23:59:00Z | 2027-01-01T00:00:00Z
            @weekly               | 2026-03-02T00:00:00Z | 2026-03-08T00:00:00Z
            @hourly               | 2026-03-02T00:00:01Z | 2026-03-02T01:00:00Z
            @every 1h30m          | 2026-01-01T00:00:00Z | 2026-01-01T01:30:00Z
            @every 1.5h           | 2026-01-01T00:00:00Z | 2026-01-01T01:30:00Z
            @every 500ms          | 2026-01-01T00:00:00Z | 2026-01-01T00:00:01Z
            @every 90500ms        | 2026-01-01T00:00:00Z | 2026-01-01T00:01:30Z
            @every -1h            | 2026-01-01T00:00:00Z | 2026-01-01T00:00:01Z
            TZ=Europe/Berlin 0 4 * * * | 2026-01-01T00:00:00Z | 2026-01-01T03:00:00Z
            CRON_TZ=Europe/Berlin @daily | 2026-01-01T00:00:00Z | 2026-01-01T23:00:00Z
            """)
    void findsTheNextTime(String schedule, String from, String next) {
        assertThat(CronSchedule.parse(schedule, ZoneOffset.UTC).next(Instant.parse(from))).contains(Instant.parse(next));
    }

    @Test void findsNoneWhereThereIsNone() {
        assertThat(CronSchedule.parse("0 0 30 2 *", ZoneOffset.UTC).next(Instant.EPOCH)).isEmpty();
        assertThat(CronSchedule.parse(", * * * *", ZoneOffset.UTC).next(Instant.EPOCH)).isEmpty();
    }

    @Test void leavesOutWhatAClockChangeSkips() {
        // 02:30 does not exist in Berlin on the last Sunday of March
        assertThat(CronSchedule.parse("30 2 * * *", ZoneId.of("Europe/Berlin")).next(Instant.parse("2026-03-28T12:00:00Z")))
                .contains(Instant.parse("2026-03-30T00:30:00Z"));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '\u0001', textBlock = """
            * * * *           | expected exactly 5 fields, found 4: [* * * *]
            61 * * * *        | end of range (61) above maximum (59): 61
            0 0 0 * *         | beginning of range (0) below minimum (1): 0
            0 0 * * 7         | end of range (7) above maximum (6): 7
            5-3 * * * *       | beginning of range (5) beyond end of range (3): 5-3
            */0 * * * *       | step of range should be a positive number: */0
            FOO * * * *       | failed to parse int from FOO: strconv.Atoi: parsing "FOO": invalid syntax
            0 0 * MON *       | failed to parse int from MON: strconv.Atoi: parsing "MON": invalid syntax
            -1 * * * *        | failed to parse int from : strconv.Atoi: parsing "": invalid syntax
            */-1 * * * *      | negative number (-1) not allowed: -1
            99999999999999999999 * * * * | failed to parse int from 99999999999999999999: strconv.Atoi: parsing "99999999999999999999": value out of range
            1-2-3 * * * *     | too many hyphens: 1-2-3
            1/2/3 * * * *     | too many slashes: 1/2/3
            @reboot           | unrecognized descriptor: @reboot
            @every 1x         | failed to parse duration @every 1x: time: unknown unit "x" in duration "1x"
            @every 5          | failed to parse duration @every 5: time: missing unit in duration "5"
            @every .s         | failed to parse duration @every .s: time: invalid duration ".s"
            @every 9999999h   | failed to parse duration @every 9999999h: time: invalid duration "9999999h"
            TZ=Mars/X * * * * * | provided bad location Mars/X: unknown time zone Mars/X
            TZ=UTC            | expected exactly 5 fields, found 0: []
            """)
    void refusesInUpstreamsWords(String schedule, String message) {
        assertThatThrownBy(() -> CronSchedule.parse(schedule, ZoneOffset.UTC)).isInstanceOf(IllegalArgumentException.class).hasMessage(message);
    }
}
