package io.skerry.helm;

import com.marcnuri.helm.TemplateCommand;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/** Real Helm, as a library: what it renders is right by definition. */
public final class HelmOracle {
    /** The version that the oracle's `helm template` takes a cluster to have. */
    public static final String KUBE_VERSION = "v1.20.0";

    private HelmOracle() {}

    /** What came out: the text, or else the error. */
    public record Result(String text, String error) {}

    public static Result template(Path chart, String name, String namespace, Path... valuesFiles) {
        TemplateCommand c = new com.marcnuri.helm.Helm(chart).template().withName(name).withNamespace(namespace);
        for (Path f : valuesFiles) {
            c.withValuesFile(f);
        }
        try {
            return new Result(c.call(), null);
        } catch (RuntimeException e) {
            return new Result(null, e.getMessage().replace("\n\nUse --debug flag to render out invalid YAML", ""));
        }
    }

    /** Writes files, and the folders they need, under a folder. */
    public static Path write(Path folder, Map<String, String> files) {
        try {
            for (Map.Entry<String, String> f : files.entrySet()) {
                Path p = folder.resolve(f.getKey());
                Files.createDirectories(p.getParent());
                Files.writeString(p, f.getValue());
            }
            return folder;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
