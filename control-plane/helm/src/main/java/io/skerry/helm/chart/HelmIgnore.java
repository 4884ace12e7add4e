package io.skerry.helm.chart;

import io.skerry.helm.HelmException;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/** .helmignore: one pattern a line, as in .gitignore but without {@code **}. A name is ignored by its first pattern that says so. */
final class HelmIgnore {
    private record Rule(Pattern pattern, boolean negate, boolean folderOnly, boolean wholePath) {}

    private final List<Rule> rules = new ArrayList<>();

    private HelmIgnore() {}

    static HelmIgnore parse(String text) {
        HelmIgnore ignore = new HelmIgnore();
        int line = 0;
        for (String raw : text.split("\r?\n")) {
            line++;
            String rule = raw.strip();
            if (rule.isEmpty() || rule.startsWith("#")) {
                continue;
            }
            if (rule.contains("**")) {
                throw new HelmException(".helmignore:" + line + ": double-star (**) syntax is not supported");
            }
            ignore.add(rule);
        }
        ignore.add("templates/.?*");
        return ignore;
    }

    private void add(String text) {
        String rule = text;
        boolean negate = rule.startsWith("!");
        if (negate) {
            rule = rule.substring(1);
        }
        boolean folderOnly = rule.endsWith("/");
        if (folderOnly) {
            rule = rule.substring(0, rule.length() - 1);
        }
        boolean rooted = rule.startsWith("/");
        if (rooted) {
            rule = rule.substring(1);
        }
        rules.add(new Rule(Glob.path(rule), negate, folderOnly, rooted || rule.contains("/")));
    }

    /** @param path relative to the chart's folder */
    boolean ignores(String path, boolean folder) {
        String base = path.substring(path.lastIndexOf('/') + 1);
        for (Rule r : rules) {
            boolean matches = r.pattern.matcher(r.wholePath ? path : base).matches();
            if (r.negate) {
                if (r.folderOnly && !folder) {
                    return true;
                }
                if (!matches) {
                    return true;
                }
                continue;
            }
            if ((!r.folderOnly || folder) && matches) {
                return true;
            }
        }
        return false;
    }
}
