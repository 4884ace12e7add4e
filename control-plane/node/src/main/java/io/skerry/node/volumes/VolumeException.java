package io.skerry.node.volumes;

/** A volume can't be set up now; its pod stays in ContainerCreating and gets a FailedMount event with this message. */
public final class VolumeException extends Exception {
    private static final long serialVersionUID = 1L;

    public VolumeException(String volume, String problem) { super("MountVolume.SetUp failed for volume \"" + volume + "\" : " + problem); }
}
