package io.skerry.controllers.autoscaling;

import java.time.Duration;
import java.time.Instant;

/**
 * What was measured of one pod.
 *
 * @param milli thousandths of the metric's unit (cores, bytes, requests a second ...)
 * @param time end of the window
 * @param window what the value is averaged over
 */
record PodMetric(long milli, Instant time, Duration window) {}
