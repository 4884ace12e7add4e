package io.skerry.machinery.cel.library;

import dev.cel.checker.CelCheckerBuilder;
import dev.cel.compiler.CelCompilerLibrary;
import dev.cel.runtime.CelRuntimeBuilder;
import dev.cel.runtime.CelRuntimeLibrary;

/** What Kubernetes 1.33 adds to CEL (KEP-2876, KEP-3488). */
public final class KubernetesLibrary implements CelCompilerLibrary, CelRuntimeLibrary {
    private final Functions functions = new Functions();

    public KubernetesLibrary() {
        ListsLibrary.declare(functions);
        RegexLibrary.declare(functions);
        UrlLibrary.declare(functions);
        QuantityLibrary.declare(functions);
        IpLibrary.declare(functions);
        FormatLibrary.declare(functions);
        SemverLibrary.declare(functions);
        StringFormatLibrary.declare(functions);
        AuthorizerLibrary.declare(functions);
    }

    @Override
    public void setCheckerOptions(CelCheckerBuilder checker) {
        checker.addFunctionDeclarations(functions.declarations());
    }

    @Override
    public void setRuntimeOptions(CelRuntimeBuilder runtime) {
        runtime.addFunctionBindings(functions.bindings());
    }
}
