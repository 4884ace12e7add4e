package io.skerry.appliance.nativeimage;

import com.oracle.svm.core.annotate.Alias;
import com.oracle.svm.core.annotate.Substitute;
import com.oracle.svm.core.annotate.TargetClass;
import io.netty.handler.codec.spdy.SpdyVersion;

/**
 * In native images Netty compresses SPDY headers with the JDK's zlib, as it does on every JVM of this century. Its other way out is a
 * library that is not there, and a native image is linked against all ways.
 */
@TargetClass(className = "io.netty.handler.codec.spdy.SpdyHeaderBlockEncoder")
final class SpdyHeaders {
    private SpdyHeaders() {}

    @Substitute
    static SpdyHeaders newInstance(SpdyVersion version, int compressionLevel, int windowBits, int memLevel) {
        return (SpdyHeaders) (Object) new Zlib(version, compressionLevel);
    }

    @TargetClass(className = "io.netty.handler.codec.spdy.SpdyHeaderBlockZlibEncoder")
    static final class Zlib {
        @Alias
        Zlib(SpdyVersion version, int compressionLevel) {}
    }
}
