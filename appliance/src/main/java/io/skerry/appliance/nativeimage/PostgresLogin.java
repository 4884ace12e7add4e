package io.skerry.appliance.nativeimage;

import com.oracle.svm.core.annotate.Substitute;
import com.oracle.svm.core.annotate.TargetClass;
import org.postgresql.core.PGStream;
import org.postgresql.sspi.ISSPIClient;

/** In native images PostgreSQL's driver cannot log in the way Windows does: that code needs libraries that are not there, nor wanted. */
@TargetClass(className = "org.postgresql.core.v3.ConnectionFactoryImpl")
final class PostgresLogin {
    private PostgresLogin() {}

    @Substitute
    private static ISSPIClient createSSPI(PGStream stream, String service, boolean negotiate) {
        throw new UnsupportedOperationException("the PostgreSQL server asks for a login by SSPI, which only Windows has; allow scram-sha-256 or cert in its pg_hba.conf");
    }
}
