package io.skerry.apiserver.node;

import com.fasterxml.jackson.databind.node.ObjectNode;

/** Receives what a session says. Calls come one at a time and may block, which slows the session down. */
public interface StreamListener {
    void stdout(byte[] bytes);

    void stderr(byte[] bytes);

    /**
     * The session is over; called once and last.
     *
     * @param status v1.Status: Success, or Failure with reason NonZeroExitCode and a cause ExitCode, as kubelet answers on the error channel
     */
    void closed(ObjectNode status);
}
