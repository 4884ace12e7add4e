package io.skerry.helm.functions;

import io.skerry.helm.template.Function;
import io.skerry.helm.template.FunctionException;
import io.skerry.helm.template.GoValue;
import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.Map;
import java.util.UUID;
import java.util.zip.Adler32;
import javax.crypto.Cipher;
import javax.crypto.Mac;
import javax.crypto.spec.IvParameterSpec;
import javax.crypto.spec.SecretKeySpec;
import org.bouncycastle.crypto.generators.OpenBSDBCrypt;
import org.bouncycastle.crypto.generators.SCrypt;

/** Digests, password hashes, random bytes and AES. */
final class CryptoFunctions {
    private CryptoFunctions() {}

    /** @return null when this family has no such function */
    static Function find(String name) {
        return switch (name) {
            case "sha1sum" -> Function.of(name, "s", a -> digest("SHA-1", a[0]));
            case "sha256sum" -> Function.of(name, "s", a -> digest("SHA-256", a[0]));
            case "sha512sum" -> Function.of(name, "s", a -> digest("SHA-512", a[0]));
            case "adler32sum" -> Function.of(name, "s", a -> {
                Adler32 sum = new Adler32();
                sum.update(GoValue.utf8((String) a[0]));
                return Long.toString(sum.getValue());
            });
            case "uuidv4" -> Function.of(name, "", _ -> UUID.randomUUID().toString());
            case "randBytes" -> Function.of(name, "i", a -> Base64.getEncoder().encodeToString(random(Convert.integer(a[0]))));
            case "bcrypt" -> Function.of(name, "s", a -> bcrypt((String) a[0]));
            case "htpasswd" -> Function.of(name, "ss", a -> {
                String user = (String) a[0];
                return user.contains(":") ? "invalid username: " + user : user + ":" + bcrypt((String) a[1]);
            });
            case "derivePassword" -> Function.of(name, "issss", CryptoFunctions::derivePassword);
            case "encryptAES" -> Function.of(name, "ss", a -> encrypt((String) a[0], (String) a[1]));
            case "decryptAES" -> Function.of(name, "ss", a -> decrypt((String) a[0], (String) a[1]));
            default -> null;
        };
    }

    private static String digest(String algorithm, Object text) {
        return HexFormat.of().formatHex(hash(algorithm, GoValue.utf8((String) text)));
    }

    private static byte[] hash(String algorithm, byte[] data) {
        try {
            return MessageDigest.getInstance(algorithm).digest(data);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has " + algorithm, e);
        }
    }

    private static byte[] random(int n) {
        byte[] b = new byte[Math.max(0, n)];
        new SecureRandom().nextBytes(b);
        return b;
    }

    private static String bcrypt(String password) {
        byte[] p = GoValue.utf8(password);
        if (p.length > 72) {
            return "failed to encrypt string with bcrypt: bcrypt: password length exceeds 72 bytes";
        }
        return OpenBSDBCrypt.generate("2a", p, random(16), 10);
    }

    private static final Map<String, String[]> PASSWORD_TEMPLATES = Map.of(
        "maximum", new String[] {"anoxxxxxxxxxxxxxxxxx", "axxxxxxxxxxxxxxxxxno"},
        "long", new String[] {"CvcvnoCvcvCvcv", "CvcvCvcvnoCvcv", "CvcvCvcvCvcvno", "CvccnoCvcvCvcv", "CvccCvcvnoCvcv", "CvccCvcvCvcvno", "CvcvnoCvccCvcv",
            "CvcvCvccnoCvcv", "CvcvCvccCvcvno", "CvcvnoCvcvCvcc", "CvcvCvcvnoCvcc", "CvcvCvcvCvccno", "CvccnoCvccCvcv", "CvccCvccnoCvcv", "CvccCvccCvcvno",
            "CvcvnoCvccCvcc", "CvcvCvccnoCvcc", "CvcvCvccCvccno", "CvccnoCvcvCvcc", "CvccCvcvnoCvcc", "CvccCvcvCvccno"},
        "medium", new String[] {"CvcnoCvc", "CvcCvcno"},
        "short", new String[] {"Cvcn"},
        "basic", new String[] {"aaanaaan", "aannaaan", "aaannaaa"},
        "pin", new String[] {"nnnn"});
    private static final Map<Character, String> PASSWORD_CHARACTERS = Map.of(
        'V', "AEIOU", 'C', "BCDFGHJKLMNPQRSTVWXYZ", 'v', "aeiou", 'c', "bcdfghjklmnpqrstvwxyz", 'A', "AEIOUBCDFGHJKLMNPQRSTVWXYZ",
        'a', "AEIOUaeiouBCDFGHJKLMNPQRSTVWXYZbcdfghjklmnpqrstvwxyz", 'n', "0123456789", 'o', "@&%?,=[]_:-+*$#!'^~;()/.",
        'x', "AEIOUaeiouBCDFGHJKLMNPQRSTVWXYZbcdfghjklmnpqrstvwxyz0123456789!@#$%^&*()");

    /** The Master Password algorithm, version 2. */
    private static Object derivePassword(Object[] a) {
        String[] templates = PASSWORD_TEMPLATES.get((String) a[1]);
        if (templates == null) {
            return "cannot find password template " + a[1];
        }
        byte[] scope = GoValue.utf8("com.lyndir.masterpassword");
        byte[] user = GoValue.utf8((String) a[3]);
        byte[] salt = ByteBuffer.allocate(scope.length + 4 + user.length).put(scope).putInt(user.length).put(user).array();
        byte[] key = SCrypt.generate(GoValue.utf8((String) a[2]), salt, 32768, 8, 2, 64);
        byte[] site = GoValue.utf8((String) a[4]);
        byte[] message = ByteBuffer.allocate(scope.length + 8 + site.length).put(scope).putInt(site.length).put(site).putInt(Convert.integer(a[0])).array();
        byte[] seed;
        try {
            Mac mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec(key, "HmacSHA256"));
            seed = mac.doFinal(message);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every JDK has HmacSHA256", e);
        }
        String template = templates[(seed[0] & 0xff) % templates.length];
        StringBuilder out = new StringBuilder();
        for (int i = 0; i < template.length(); i++) {
            String set = PASSWORD_CHARACTERS.get(template.charAt(i));
            out.append(set.charAt((seed[i + 1] & 0xff) % set.length()));
        }
        return out.toString();
    }

    private static byte[] aesKey(String password) {
        return Arrays.copyOf(GoValue.utf8(password), 32);
    }

    private static String encrypt(String password, String text) {
        try {
            byte[] iv = random(16);
            Cipher c = Cipher.getInstance("AES/CBC/PKCS5Padding");
            c.init(Cipher.ENCRYPT_MODE, new SecretKeySpec(aesKey(password), "AES"), new IvParameterSpec(iv));
            byte[] sealed = c.doFinal(GoValue.utf8(text));
            return Base64.getEncoder().encodeToString(ByteBuffer.allocate(16 + sealed.length).put(iv).put(sealed).array());
        } catch (GeneralSecurityException e) {
            throw new FunctionException(e.getMessage());
        }
    }

    private static String decrypt(String password, String sealed) {
        try {
            byte[] all = Base64.getDecoder().decode(sealed);
            if (all.length < 32) {
                throw new FunctionException("the text is too short to be one of encryptAES");
            }
            Cipher c = Cipher.getInstance("AES/CBC/PKCS5Padding");
            c.init(Cipher.DECRYPT_MODE, new SecretKeySpec(aesKey(password), "AES"), new IvParameterSpec(all, 0, 16));
            return GoValue.utf8(c.doFinal(all, 16, all.length - 16));
        } catch (GeneralSecurityException | IllegalArgumentException e) {
            throw new FunctionException(e.getMessage());
        }
    }
}
