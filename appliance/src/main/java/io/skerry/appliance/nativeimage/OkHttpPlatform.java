package io.skerry.appliance.nativeimage;

import com.oracle.svm.core.annotate.Substitute;
import com.oracle.svm.core.annotate.TargetClass;
import okhttp3.internal.platform.Jdk9Platform;
import okhttp3.internal.platform.Platform;

/** In native images OkHttp knows the JDK's TLS alone: Android's classes and three other TLS libraries, which it looks for, are not there. */
@TargetClass(className = "okhttp3.internal.platform.Platform$Companion")
final class OkHttpPlatform {
    private OkHttpPlatform() {}

    @Substitute
    private Platform findPlatform() {
        Platform jdk = Jdk9Platform.Companion.buildIfSupported();
        return jdk != null ? jdk : new Platform();
    }
}
