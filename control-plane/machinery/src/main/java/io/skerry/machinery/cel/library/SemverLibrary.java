package io.skerry.machinery.cel.library;

import static io.skerry.machinery.cel.library.Arguments.BOOL;
import static io.skerry.machinery.cel.library.Arguments.STRING;

import dev.cel.common.types.CelType;
import dev.cel.common.types.OpaqueType;
import dev.cel.common.types.SimpleType;
import io.skerry.machinery.cel.library.Functions.Argument;

/** Semantic versions (k8s.io/apiserver/pkg/cel/library, semverlib.go). */
final class SemverLibrary {
    private static final CelType TYPE = OpaqueType.create("kubernetes.Semver");
    private static final Argument SEMVER = new Argument(TYPE, Semver.class);

    private SemverLibrary() {
    }

    static void declare(Functions functions) {
        functions.global("semver", "string_to_semver", TYPE, a -> Semver.parse((String) a[0], false), STRING);
        functions.global("semver", "string_bool_to_semver", TYPE, a -> Semver.parse((String) a[0], (Boolean) a[1]), STRING, BOOL);
        functions.global("isSemver", "is_semver_string", SimpleType.BOOL, a -> is((String) a[0], false), STRING);
        functions.global("isSemver", "is_semver_string_bool", SimpleType.BOOL, a -> is((String) a[0], (Boolean) a[1]), STRING, BOOL);
        functions.member("isGreaterThan", "semver_is_greater_than", SimpleType.BOOL, a -> ((Semver) a[0]).compareTo((Semver) a[1]) > 0, SEMVER, SEMVER);
        functions.member("isLessThan", "semver_is_less_than", SimpleType.BOOL, a -> ((Semver) a[0]).compareTo((Semver) a[1]) < 0, SEMVER, SEMVER);
        functions.member("compareTo", "semver_compare_to", SimpleType.INT, a -> (long) Integer.signum(((Semver) a[0]).compareTo((Semver) a[1])), SEMVER, SEMVER);
        functions.member("major", "semver_major", SimpleType.INT, a -> ((Semver) a[0]).major(), SEMVER);
        functions.member("minor", "semver_minor", SimpleType.INT, a -> ((Semver) a[0]).minor(), SEMVER);
        functions.member("patch", "semver_patch", SimpleType.INT, a -> ((Semver) a[0]).patch(), SEMVER);
    }

    private static boolean is(String text, boolean normalize) {
        try {
            Semver.parse(text, normalize);
            return true;
        } catch (IllegalArgumentException e) {
            return false;
        }
    }
}
