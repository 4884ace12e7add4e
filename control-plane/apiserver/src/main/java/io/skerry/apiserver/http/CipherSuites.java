package io.skerry.apiserver.http;

import java.security.GeneralSecurityException;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;

/**
 * The TLS cipher suites that the server takes: the JDK's, those with ChaCha20-Poly1305 first. The native binary encrypts with AES-GCM in
 * plain Java, without the processor's instructions for it, which takes twice the time; and the processors of the Raspberry Pi 4 and older
 * have no such instructions, on the client's side either. On the JVM the two are about equal.
 *
 * @see <a href="https://www.rfc-editor.org/rfc/rfc8439">RFC 8439: ChaCha20 and Poly1305</a>
 */
final class CipherSuites {

    private CipherSuites() {}

    /** Names as JSSE has them, the preferred first. */
    static List<String> preferred() {
        try {
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(new KeyManager[0], new TrustManager[0], null); // none are needed for this, and the system's take time to read
            return Arrays.stream(context.createSSLEngine().getEnabledCipherSuites())
                    .sorted(Comparator.comparing(suite -> !suite.contains("_CHACHA20_POLY1305_"))).toList();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("this Java has no TLS", e);
        }
    }
}
