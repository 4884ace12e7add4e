package io.skerry.appliance.os;

import java.time.DayOfWeek;
import java.time.Duration;
import java.time.LocalTime;
import java.time.ZonedDateTime;
import java.util.Set;

/**
 * When a device may reboot.
 *
 * @param days     on which it begins; never empty
 * @param start    local time
 * @param duration more than nothing; it may go past midnight
 */
record MaintenanceWindow(Set<DayOfWeek> days, LocalTime start, Duration duration) {
    /** @return zero within the window, else how long it is until the next one begins */
    Duration until(ZonedDateTime now) {
        // Yesterday's may not be over; in a week every day has come.
        for (int day = -1; day <= 7; day++) {
            // The wall clock's time of that day, whatever the clocks were put forward or back.
            ZonedDateTime begin = now.toLocalDate().plusDays(day).atTime(start).atZone(now.getZone());
            if (days.contains(begin.getDayOfWeek()) && now.isBefore(begin.plus(duration))) {
                return now.isBefore(begin) ? Duration.between(now, begin) : Duration.ZERO;
            }
        }
        throw new IllegalStateException("a window without days");
    }
}
