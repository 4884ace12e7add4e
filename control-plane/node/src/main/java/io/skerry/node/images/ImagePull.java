package io.skerry.node.images;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.Pod;
import io.grpc.Context;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.skerry.node.cri.Cri;
import io.skerry.node.cri.v1.AuthConfig;
import io.skerry.node.cri.v1.Image;
import io.skerry.node.cri.v1.ImageSpec;
import io.skerry.node.cri.v1.PullImageRequest;
import io.skerry.node.pods.Backoff;
import io.skerry.node.pods.PodApi;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/** Gets one pod's images there. A pull runs beside the pod's worker, which is woken when it ends; failures are tried again with backoff. */
public final class ImagePull implements AutoCloseable {
    /** Either the image, or why there is none yet; {@code retry} is when to ask again, null: when woken. */
    public record Result(Image image, String reason, String message, Instant retry) { }

    private static final class Attempt {
        volatile boolean running = true, reported;
        volatile String failure;
        volatile Instant ended;
        Thread thread;
    }

    private final Cri cri;
    private final ImageStore store;
    private final PodApi api;
    private final Runnable wake;
    private final Backoff backoff = new Backoff();
    private final Map<String, Attempt> attempts = new ConcurrentHashMap<>();

    public ImagePull(Cri cri, ImageStore store, PodApi api, Runnable wake) {
        this.cri = cri;
        this.store = store;
        this.api = api;
        this.wake = wake;
    }

    /** Called before each start of a container; with pull policy Always a success counts for that start only. */
    public Result ensure(Pod pod, Container container) {
        String image = container.getImage(), policy = policy(container);
        Attempt attempt = attempts.get(container.getName());
        if (attempt != null && attempt.running) return new Result(null, "ContainerCreating", null, null);
        if (attempt != null && attempt.failure == null) {
            attempts.remove(container.getName());
            Optional<Image> pulled = store.find(image);
            if (pulled.isPresent()) return new Result(pulled.get(), null, null, null);
        } else if (attempt == null && !policy.equals("Always")) {
            Optional<Image> present = store.find(image);
            if (present.isPresent()) {
                api.event(pod, container.getName(), "Normal", "Pulled", "Container image \"" + image + "\" already present on machine");
                return new Result(present.get(), null, null, null);
            }
        }
        if (policy.equals("Never")) {
            String message = "Container image \"" + image + "\" is not present with pull policy of Never";
            api.event(pod, container.getName(), "Warning", "ErrImageNeverPull", message);
            return new Result(null, "ErrImageNeverPull", message, Instant.now().plusSeconds(10));
        }
        if (attempt != null && attempt.failure != null) {
            Instant retry = backoff.notBefore(image, attempt.ended);
            if (!policy.equals("Always")) { // somebody may have imported it meanwhile
                Optional<Image> present = store.find(image);
                if (present.isPresent()) {
                    attempts.remove(container.getName());
                    return new Result(present.get(), null, null, null);
                }
            }
            if (!attempt.reported) {
                attempt.reported = true;
                return new Result(null, "ErrImagePull", attempt.failure, Instant.now().plusSeconds(1));
            }
            if (Instant.now().isBefore(retry)) {
                api.event(pod, container.getName(), "Normal", "BackOff", "Back-off pulling image \"" + image + "\"");
                api.event(pod, container.getName(), "Warning", "Failed", "Error: ImagePullBackOff");
                return new Result(null, "ImagePullBackOff", "Back-off pulling image \"" + image + "\": ErrImagePull: " + attempt.failure, retry);
            }
        }
        start(pod, container);
        return new Result(null, attempt == null ? "ContainerCreating" : "ErrImagePull", attempt == null ? null : attempt.failure, null);
    }

    private void start(Pod pod, Container container) {
        var attempt = new Attempt();
        attempts.put(container.getName(), attempt);
        api.event(pod, container.getName(), "Normal", "Pulling", "Pulling image \"" + container.getImage() + "\"");
        attempt.thread = Thread.ofVirtual().name("pull " + container.getImage()).start(() -> {
            Instant begin = Instant.now();
            try (var call = Context.current().withCancellation()) {
                call.run(() -> pull(pod, container));
                backoff.reset(container.getImage());
                long size = store.find(container.getImage()).map(Image::getSize).orElse(0L);
                api.event(pod, container.getName(), "Normal", "Pulled", "Successfully pulled image \"" + container.getImage() + "\" in "
                        + Duration.between(begin, Instant.now()).toMillis() + "ms. Image size: " + size + " bytes.");
            } catch (StatusRuntimeException e) {
                attempt.failure = e.getStatus().getDescription() == null ? e.getMessage() : e.getStatus().getDescription();
                backoff.next(container.getImage(), Instant.now());
                if (e.getStatus().getCode() != Status.Code.CANCELLED) {
                    api.event(pod, container.getName(), "Warning", "Failed", "Failed to pull image \"" + container.getImage() + "\": " + attempt.failure);
                    api.event(pod, container.getName(), "Warning", "Failed", "Error: ErrImagePull");
                }
            } finally {
                attempt.ended = Instant.now();
                attempt.running = false;
                wake.run();
            }
        });
    }

    private void pull(Pod pod, Container container) {
        List<AuthConfig> logins = PullCredentials.of(pod, container.getImage(), api);
        var request = PullImageRequest.newBuilder().setImage(ImageSpec.newBuilder().setImage(container.getImage()));
        if (logins.isEmpty()) {
            cri.pulls().pullImage(request.build());
            return;
        }
        StatusRuntimeException last = null;
        for (AuthConfig login : logins) {
            try {
                cri.pulls().pullImage(request.setAuth(login).build());
                return;
            } catch (StatusRuntimeException e) {
                last = e;
            }
        }
        throw last;
    }

    /** The API server fills it in; without one the tag decides. */
    private static String policy(Container container) {
        if (container.getImagePullPolicy() != null && !container.getImagePullPolicy().isEmpty()) return container.getImagePullPolicy();
        String image = container.getImage(), afterSlash = image.substring(image.lastIndexOf('/') + 1);
        return image.contains("@") || afterSlash.contains(":") && !afterSlash.endsWith(":latest") ? "IfNotPresent" : "Always";
    }

    /** Ends pulls that run. */
    @Override
    public void close() {
        attempts.values().forEach(a -> {
            if (a.thread != null) a.thread.interrupt();
        });
    }
}
