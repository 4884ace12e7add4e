package io.skerry.helm.functions;

import io.skerry.helm.template.Function;
import io.skerry.helm.template.FunctionException;
import io.skerry.helm.template.GoFormat;
import io.skerry.helm.template.GoValue;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.Map;

/** Paths with slashes (the os forms are the same, as Helm's servers are) and URLs. */
final class PathFunctions {
    private PathFunctions() {}

    /** @return null when this family has no such function */
    static Function find(String name) {
        return switch (name) {
            case "base", "osBase" -> Function.of(name, "s", a -> base((String) a[0]));
            case "dir", "osDir" -> Function.of(name, "s", a -> clean(((String) a[0]).substring(0, ((String) a[0]).lastIndexOf('/') + 1)));
            case "clean", "osClean" -> Function.of(name, "s", a -> clean((String) a[0]));
            case "ext", "osExt" -> Function.of(name, "s", a -> {
                String s = (String) a[0];
                int dot = s.lastIndexOf('.');
                return dot > s.lastIndexOf('/') ? s.substring(dot) : "";
            });
            case "isAbs", "osIsAbs" -> Function.of(name, "s", a -> ((String) a[0]).startsWith("/"));
            case "urlParse" -> Function.of(name, "s", a -> parse((String) a[0]));
            case "urlJoin" -> Function.of(name, "m", a -> join(GoValue.map(a[0])));
            default -> null;
        };
    }

    static String base(String path) {
        String s = path;
        while (s.endsWith("/")) {
            s = s.substring(0, s.length() - 1);
        }
        if (s.isEmpty()) {
            return path.isEmpty() ? "." : "/";
        }
        return s.substring(s.lastIndexOf('/') + 1);
    }

    static String clean(String path) {
        boolean rooted = path.startsWith("/");
        Deque<String> parts = new ArrayDeque<>();
        for (String p : path.split("/")) {
            if (p.equals("..") && !parts.isEmpty() && !parts.peekLast().equals("..")) {
                parts.removeLast();
            } else if (p.equals("..") && !rooted || !p.isEmpty() && !p.equals(".") && !p.equals("..")) {
                parts.addLast(p);
            }
        }
        String s = String.join("/", parts);
        return rooted ? "/" + s : s.isEmpty() ? "." : s;
    }

    private static Object parse(String url) {
        URI u;
        try {
            u = new URI(url);
        } catch (URISyntaxException e) {
            throw new FunctionException("unable to parse url: parse " + GoFormat.quote(url) + ": " + e.getReason());
        }
        Map<String, Object> m = new LinkedHashMap<>();
        m.put("scheme", text(u.getScheme()));
        String authority = text(u.getRawAuthority());
        int at = authority.lastIndexOf('@');
        String host = authority.substring(at + 1);
        m.put("host", host);
        String name = host.startsWith("[") ? host.substring(1, Math.max(1, host.indexOf(']'))) : host.contains(":") ? host.substring(0, host.indexOf(':')) : host;
        m.put("hostname", name);
        m.put("path", u.isOpaque() ? "" : text(u.getPath()));
        m.put("query", text(u.getRawQuery()));
        m.put("opaque", u.isOpaque() ? text(u.getRawSchemeSpecificPart()) : "");
        m.put("fragment", text(u.getFragment()));
        m.put("userinfo", at < 0 ? "" : authority.substring(0, at));
        return m;
    }

    private static String text(String s) {
        return s == null ? "" : s;
    }

    private static Object join(Map<String, Object> m) {
        StringBuilder out = new StringBuilder();
        String scheme = part(m, "scheme");
        String host = part(m, "host");
        String path = part(m, "path");
        String user = part(m, "userinfo");
        String opaque = part(m, "opaque");
        if (!scheme.isEmpty()) {
            out.append(scheme).append(':');
        }
        if (!opaque.isEmpty()) {
            out.append(opaque);
        } else {
            if (!scheme.isEmpty() || !host.isEmpty() || !user.isEmpty()) {
                if (!host.isEmpty() || !path.isEmpty() || !user.isEmpty()) {
                    out.append("//");
                }
                if (!user.isEmpty()) {
                    out.append(user).append('@');
                }
                out.append(host);
            }
            if (!path.isEmpty() && !path.startsWith("/") && !host.isEmpty()) {
                out.append('/');
            }
            try {
                out.append(path.isEmpty() ? "" : new URI(null, null, path, null).getRawPath());
            } catch (URISyntaxException e) {
                throw new FunctionException("unable to join url: " + e.getReason());
            }
        }
        String query = part(m, "query");
        if (!query.isEmpty()) {
            out.append('?').append(query);
        }
        String fragment = part(m, "fragment");
        if (!fragment.isEmpty()) {
            out.append('#').append(fragment);
        }
        return out.toString();
    }

    private static String part(Map<String, Object> m, String key) {
        Object v = m == null ? null : m.get(key);
        if (v == null) {
            return "";
        }
        if (!(v instanceof String s)) {
            throw new FunctionException("unable to parse " + key + " key, must be of type string, but " + GoValue.kind(v) + " found");
        }
        return s;
    }
}
