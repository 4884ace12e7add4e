package io.skerry.helm.template;

import java.util.HashMap;
import java.util.Map;

/**
 * Templates that can call each other by name, with the functions they may use: Go's text/template with the option
 * {@code missingkey=zero}, as Helm has it. A set made by {@link #child} sees its parent's templates and can redefine them for itself.
 * Sets are not safe for use by several threads.
 */
public final class TemplateSet {
    private final Functions functions;
    private final Map<String, Function> found = new HashMap<>();
    private final Map<String, Template> templates = new HashMap<>();
    private final TemplateSet parent;

    /** @param functions beside Go's own; a function of the same name replaces Go's */
    public TemplateSet(Functions functions) {
        this.functions = functions;
        this.parent = null;
    }

    private TemplateSet(TemplateSet parent, Functions replaced) {
        this.functions = replaced;
        this.parent = parent;
    }

    /** @param replaced functions that differ from the parent's */
    public TemplateSet child(Functions replaced) {
        return new TemplateSet(this, replaced);
    }

    /** @return null when there is none of that name */
    Function function(String name) {
        Function f = found.get(name);
        if (f == null) {
            f = functions.find(name);
            f = f != null ? f : parent != null ? parent.function(name) : Builtins.find(name);
            if (f != null) {
                found.put(name, f);
            }
        }
        return f;
    }

    /**
     * Adds a template, and those it defines; a later definition replaces an earlier one unless it is empty.
     * @throws TemplateException "template: name:line: problem"
     */
    public void parse(String name, String text) {
        Map<String, Template> defined = new HashMap<>();
        Parser.parse(name, text, this::function, defined);
        defined.forEach((n, t) -> {
            if (!t.root().isEmpty() || find(n) == null) {
                templates.put(n, t);
            }
        });
    }

    /**
     * @param data what the dot and $ are
     * @throws TemplateException "template: file:line:column: executing "name" at <node>: problem"
     */
    public String execute(String name, Object data) {
        Template t = find(name);
        if (t == null) {
            throw new TemplateException("template: no template " + GoFormat.quote(name) + " associated with template \"gotpl\"");
        }
        StringBuilder out = new StringBuilder(Math.max(64, t.text().length()));
        new Executor(this, t, data, out, 0).run();
        return out.toString();
    }

    Template find(String name) {
        for (TemplateSet s = this; s != null; s = s.parent) {
            Template t = s.templates.get(name);
            if (t != null) {
                return t;
            }
        }
        return null;
    }
}
