package io.skerry.node.probes;

/** @param output what the probe said, shown in the event when it failed */
record ProbeResult(boolean success, String output) { }
