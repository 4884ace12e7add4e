package io.skerry.helm.render;

import io.skerry.helm.chart.Glob;
import io.skerry.helm.encoding.GoYaml;
import io.skerry.helm.template.Function;
import io.skerry.helm.template.GoObject;
import io.skerry.helm.template.GoValue;
import io.skerry.helm.template.TypedList;
import java.util.AbstractMap;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;

/** {@code .Files}: a chart's files that are no templates, by path, as bytes. */
final class ChartFiles extends AbstractMap<String, Object> implements GoObject {
    private final Map<String, byte[]> files;

    ChartFiles(Map<String, byte[]> files) {
        this.files = files;
    }

    @Override
    public Object field(String name) {
        return ABSENT;
    }

    @Override
    public Function method(String name) {
        return switch (name) {
            case "Get" -> Function.of(name, "s", a -> text((String) a[0]));
            case "GetBytes" -> Function.of(name, "s", a -> files.getOrDefault(a[0], new byte[0]));
            case "Glob" -> Function.of(name, "s", a -> glob((String) a[0]));
            case "Lines" -> Function.of(name, "s", a -> lines((String) a[0]));
            case "AsConfig" -> Function.of(name, "", _ -> files.isEmpty() ? "" : GoYaml.compact(byName(false)));
            case "AsSecrets" -> Function.of(name, "", _ -> files.isEmpty() ? "" : GoYaml.compact(byName(true)));
            default -> null;
        };
    }

    private String text(String path) {
        byte[] b = files.get(path);
        return b == null ? "" : GoValue.utf8(b);
    }

    private ChartFiles glob(String pattern) {
        Pattern p = Glob.files(pattern);
        Map<String, byte[]> found = new TreeMap<>();
        files.forEach((name, data) -> {
            if (p.matcher(name).matches()) {
                found.put(name, data);
            }
        });
        return new ChartFiles(found);
    }

    private TypedList lines(String path) {
        if (!files.containsKey(path)) {
            return TypedList.strings(List.of());
        }
        String s = text(path);
        if (s.endsWith("\n")) {
            s = s.substring(0, s.length() - 1);
        }
        return TypedList.strings(new ArrayList<>(List.of(s.split("\n", -1))));
    }

    private Map<String, Object> byName(boolean encoded) {
        Map<String, Object> m = new TreeMap<>();
        files.forEach((path, data) -> m.put(path.substring(path.lastIndexOf('/') + 1), encoded ? Base64.getEncoder().encodeToString(data) : GoValue.utf8(data)));
        return m;
    }

    @Override
    public Set<Entry<String, Object>> entrySet() {
        return new TreeMap<String, Object>(files).entrySet();
    }

    @Override
    public Object get(Object key) {
        return files.get(key);
    }

    @Override
    public boolean containsKey(Object key) {
        return files.containsKey(key);
    }

    @Override
    public int size() {
        return files.size();
    }

    @Override
    public String typeName() {
        return "engine.files";
    }

    @Override
    public String kind() {
        return "map";
    }
}
