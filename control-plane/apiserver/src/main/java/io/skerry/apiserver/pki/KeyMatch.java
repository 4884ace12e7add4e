package io.skerry.apiserver.pki;

import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;

/** Whether a private key belongs to a public key, found by signing with one and verifying with the other. */
final class KeyMatch {
    private KeyMatch() {}

    static boolean matches(PublicKey publicKey, PrivateKey privateKey) throws GeneralSecurityException {
        byte[] probe = "skerry".getBytes(java.nio.charset.StandardCharsets.US_ASCII);
        Signature signer = Signature.getInstance("SHA256withECDSA");
        signer.initSign(privateKey);
        signer.update(probe);
        byte[] signature = signer.sign();
        Signature verifier = Signature.getInstance("SHA256withECDSA");
        verifier.initVerify(publicKey);
        verifier.update(probe);
        return verifier.verify(signature);
    }
}
