package io.skerry.gitops.kustomize;

/** What is wrong in a kustomization, and where: file relative to the tree's root, line 1-based or 0 when unknown. */
public final class KustomizeException extends RuntimeException {

    private final String file;
    private final int line;
    private final String problem;

    public KustomizeException(String file, int line, String problem) {
        this(file, line, problem, null);
    }

    public KustomizeException(String file, int line, String problem, Throwable cause) {
        super(line > 0 ? file + ":" + line + ": " + problem : file + ": " + problem, cause);
        this.file = file;
        this.line = line;
        this.problem = problem;
    }

    public String file() {
        return file;
    }

    public int line() {
        return line;
    }

    public String problem() {
        return problem;
    }
}
