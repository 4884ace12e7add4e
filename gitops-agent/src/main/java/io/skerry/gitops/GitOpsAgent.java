package io.skerry.gitops;

import io.fabric8.kubernetes.client.KubernetesClient;

/** Keeps a device to its fleet repository. */
public final class GitOpsAgent implements AutoCloseable {

  public GitOpsAgent(GitOpsConfig config, KubernetesClient client) {
    throw new UnsupportedOperationException();
  }

  /** Starts the agent's threads and returns at once; a half-done commit is taken up again from the journal. */
  public void start() {}

  /** Fetches now instead of at the next interval. */
  public void trigger() {}

  public GitOpsStatus status() {
    throw new UnsupportedOperationException();
  }

  /** Stops within seconds, without undoing anything. */
  @Override
  public void close() {}
}
