package io.skerry.helm.render;

import io.skerry.helm.chart.Glob;
import io.skerry.helm.encoding.GoYaml;
import io.skerry.helm.template.FunctionException;
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
    public Object member(String name, Object[] args) {
        return switch (name) {
            case "Get" -> text(argument(name, args));
            case "GetBytes" -> files.getOrDefault(argument(name, args), new byte[0]);
            case "Glob" -> glob(argument(name, args));
            case "Lines" -> lines(argument(name, args));
            case "AsConfig" -> files.isEmpty() ? "" : GoYaml.compact(byName(false));
            case "AsSecrets" -> files.isEmpty() ? "" : GoYaml.compact(byName(true));
            default -> ABSENT;
        };
    }

    private static String argument(String method, Object[] args) {
        if (args.length != 1 || !(args[0] instanceof String s)) {
            throw new FunctionException("wrong number of args for " + method + ": want 1 string");
        }
        return s;
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
