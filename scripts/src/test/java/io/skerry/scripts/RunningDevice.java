package io.skerry.scripts;

import io.skerry.scripts.qemu.Board;
import io.skerry.scripts.qemu.Qemu;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;

/**
 * Gives a test the one device in QEMU that the tests of images share: built, flashed, powered on and waited for by the first that asks, and
 * switched off after the last. When a run fails, the whole console is printed.
 */
final class RunningDevice implements ParameterResolver {
    /** From power-on to the demo's pods, on two cores that interpret another machine's code. */
    static final Duration PATIENCE = Duration.ofMinutes(12);
    static final String VERSION = "0.1.0";
    private static final Pattern LOGIN = Pattern.compile(" login: ");
    /** A folder with a.img, a.os.tar and os.pem that were built before: for those who work on the tests. */
    private static final String PREBUILT = System.getenv("SKERRY_TEST_IMAGES");

    @Override
    public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
        Class<?> type = parameter.getParameter().getType();
        return type == ImageDevice.class || type == DemoStack.class || type == Made.class;
    }

    @Override
    public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
        Shared shared = context.getRoot().getStore(ExtensionContext.Namespace.create(RunningDevice.class)).computeIfAbsent("device", key -> new Shared(), Shared.class);
        Class<?> type = parameter.getParameter().getType();
        return type == ImageDevice.class ? shared.device : type == DemoStack.class ? shared.stack : shared.made;
    }

    /**
     * What the device was made of.
     *
     * @param key        private key that signed it
     * @param untilSynced from power-on to the demo's pods at its first boot
     */
    record Made(Path folder, Path key, ImageFile image, Duration untilSynced) {
        /** A further device, just flashed and not powered on yet, in the surroundings of the first. @param its gets its files */
        ImageDevice another(DemoStack stack, Path its, String hostname) throws IOException, InterruptedException {
            Layout layout = new Layout(its, Ports.free(), stack.layout.gitPort(), stack.layout.mqttPort());
            Ssh ssh = Ssh.withKeyIn(its.resolve("ssh"), Ports.free());
            Path card = image.flash(ImageDevice.settings(layout, ssh).replace(SkerryServer.DEVICE, hostname), its.resolve("card.img"));
            return new ImageDevice(layout, Qemu.find(), Board.GENERIC_AMD64, its, card, ssh);
        }
    }

    private static final class Shared implements AutoCloseable {
        private final DemoStack stack;
        private final ImageDevice device;
        private final Made made;

        private Shared() {
            ImageDevice started = null;
            try {
                Path base = Files.createTempDirectory("skerry-image-");
                stack = new DemoStack(RunningStack.newLayout(base), List.of());
                stack.startSurroundings();
                Path key = key(base);
                ImageFile image = image(base, key);
                Ssh ssh = Ssh.withKeyIn(base.resolve("ssh"), Ports.free());
                Path card = image.flash(ImageDevice.settings(stack.layout, ssh), base.resolve("card.img"));
                device = new ImageDevice(stack.layout, Qemu.find(), Board.GENERIC_AMD64, base.resolve("device"), card, ssh);
                started = device;
                try (StatusTopic status = new StatusTopic(stack.layout)) {
                    long powerOn = System.nanoTime();
                    device.guest.start();
                    device.console().await(LOGIN, 0, PATIENCE);
                    since(powerOn, "login prompt");
                    device.awaitReadyz(PATIENCE);
                    since(powerOn, "/readyz");
                    device.awaitSsh(PATIENCE);
                    device.awaitNodeReady(device.kubectl(), PATIENCE);
                    since(powerOn, "node Ready");
                    device.awaitSynced(status, stack.fleet.head(), PATIENCE);
                    made = new Made(base, key, image, since(powerOn, "fleet Synced"));
                }
            } catch (Exception e) {
                throw new IllegalStateException("the device did not come up: " + e.getMessage() + console(started), e);
            }
        }

        private static Duration since(long powerOn, String what) {
            Duration taken = Duration.ofNanos(System.nanoTime() - powerOn);
            System.out.printf("power-on to %s: %.1f s%n", what, taken.toMillis() / 1000.0);
            return taken;
        }

        private Path key(Path base) throws IOException, InterruptedException {
            return PREBUILT == null ? ImageFile.key(base.resolve("keys")) : Path.of(PREBUILT).resolve("os.pem");
        }

        private ImageFile image(Path base, Path key) throws IOException, InterruptedException {
            return PREBUILT == null ? ImageFile.build(Board.GENERIC_AMD64, VERSION, base.resolve("image"), key, stack.layout.dataDir().resolve("agent/images"))
                    : new ImageFile(Path.of(PREBUILT).resolve("a.img"), Path.of(PREBUILT).resolve("a.os.tar"), List.of());
        }

        private static String console(ImageDevice device) {
            return device == null ? "" : "\n" + device.diagnosis() + "\nthe console:\n" + device.console().text();
        }

        @Override
        public void close() throws Exception {
            device.close();
            stack.git.stop();
            stack.broker.stop();
            Down.delete(stack.layout.base());
        }
    }
}
