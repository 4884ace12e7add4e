package io.skerry.schemagenerator;

import java.io.IOException;
import java.io.InputStream;
import java.lang.classfile.Annotation;
import java.lang.classfile.AnnotationElement;
import java.lang.classfile.AnnotationValue;
import java.lang.classfile.AttributedElement;
import java.lang.classfile.Attributes;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassModel;
import java.lang.classfile.FieldModel;
import java.lang.classfile.MethodModel;
import java.lang.classfile.constantpool.PoolEntry;
import java.lang.classfile.constantpool.Utf8Entry;
import java.lang.constant.ClassDesc;
import java.lang.constant.MethodTypeDesc;
import java.lang.reflect.AccessFlag;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Finds the model types that classes name, and through their fields those that Jackson meets on the way down. Only class files are
 * read; nothing is loaded.
 */
final class ModelTypes {
    private static final Pattern MODEL = Pattern.compile("io/fabric8/kubernetes/(?:api/model|client/CustomResource)[A-Za-z0-9_$/]*");
    private static final Pattern BUILDERS = Pattern.compile("(Builder|Fluent)(\\$.*|Impl.*)?$");
    private static final String CUSTOM_RESOURCE = "io/fabric8/kubernetes/client/CustomResource";
    private static final String JACKSON = "Lcom/fasterxml/jackson/";
    private static final String IGNORED = JACKSON + "annotation/JsonIgnore;";

    /** What fabric8's client itself reads and writes, whatever its user asks for: lists, watches, errors, discovery, kubeconfig, scale and eviction. */
    private static final List<String> OF_THE_CLIENT = List.of(
            "io/fabric8/kubernetes/api/model/APIGroupList", "io/fabric8/kubernetes/api/model/APIResourceList", "io/fabric8/kubernetes/api/model/APIVersions",
            "io/fabric8/kubernetes/api/model/Config", "io/fabric8/kubernetes/api/model/DefaultKubernetesResourceList",
            "io/fabric8/kubernetes/api/model/DeleteOptions", "io/fabric8/kubernetes/api/model/GenericKubernetesResource",
            "io/fabric8/kubernetes/api/model/GenericKubernetesResourceList", "io/fabric8/kubernetes/api/model/KubernetesList",
            "io/fabric8/kubernetes/api/model/ListOptions", // a bean that becomes the query of every list and watch
            "io/fabric8/kubernetes/api/model/RootPaths", "io/fabric8/kubernetes/api/model/Status", "io/fabric8/kubernetes/api/model/WatchEvent",
            "io/fabric8/kubernetes/api/model/autoscaling/v1/Scale", "io/fabric8/kubernetes/api/model/policy/v1/Eviction",
            "io/fabric8/kubernetes/api/model/runtime/RawExtension", "io/fabric8/kubernetes/client/VersionInfo");

    private final ClassLoader loader;
    private final Deque<String> waiting = new ArrayDeque<>(OF_THE_CLIENT);
    private final SortedMap<String, Members> found = new TreeMap<>();

    /** A method or constructor ({@code <init>}). @param parameterTypes as {@code Class.getTypeName()} gives them */
    record Method(String name, List<String> parameterTypes) implements Comparable<Method> {
        @Override
        public int compareTo(Method other) {
            return toString().compareTo(other.toString());
        }
    }

    /** What must be visible of a type. @param fields all its declared fields */
    record Members(boolean fields, SortedSet<Method> methods) {}

    /** @param loader where the model's class files are found */
    ModelTypes(ClassLoader loader) {
        this.loader = loader;
    }

    /** Adds the model types in a class's constant pool, and the class itself if it is a custom resource. */
    void addNamedBy(byte[] classFile) {
        ClassModel own = ClassFile.of().parse(classFile);
        for (PoolEntry entry : own.constantPool()) {
            if (entry instanceof Utf8Entry text) {
                addAllIn(text.stringValue());
            }
        }
        if (own.superclass().map(parent -> parent.asInternalName().equals(CUSTOM_RESOURCE)).orElse(false)) {
            waiting.add(own.thisClass().asInternalName());
        }
    }

    /**
     * Follows fields, parents and annotations until nothing new appears.
     *
     * @return by binary name
     * @throws IOException also when the client's own types are not what this class says
     */
    SortedMap<String, Members> close() throws IOException {
        for (String name : OF_THE_CLIENT) {
            if (!exists(name)) {
                throw new IOException("fabric8's client has no " + name + " any more: correct the list in ModelTypes");
            }
        }
        while (!waiting.isEmpty()) {
            String name = waiting.poll();
            if (!found.containsKey(name.replace('/', '.'))) {
                read(name);
            }
        }
        return found;
    }

    private void addAllIn(String text) {
        Matcher names = MODEL.matcher(text);
        while (names.find()) {
            // Builders are called, not reflected on; what they build is named by build().
            if (!BUILDERS.matcher(names.group()).find()) {
                waiting.add(names.group());
            }
        }
    }

    private void read(String name) throws IOException {
        ClassModel type = parse(name);
        if (type == null) {
            return; // the regular expression met a package, a Javadoc-like string or a generated name
        }
        SortedSet<Method> methods = new TreeSet<>();
        for (MethodModel method : type.methods()) {
            if (isForJackson(method)) {
                MethodTypeDesc descriptor = method.methodTypeSymbol();
                methods.add(new Method(method.methodName().stringValue(), descriptor.parameterList().stream().map(ModelTypes::typeName).toList()));
            }
            addTypesOfAnnotations(method);
        }
        boolean isInterface = type.flags().has(AccessFlag.INTERFACE);
        found.put(name.replace('/', '.'), new Members(!isInterface, isInterface ? new TreeSet<>() : methods));
        for (FieldModel field : type.fields()) {
            addAllIn(field.fieldType().stringValue());
            field.findAttribute(Attributes.signature()).ifPresent(generic -> addAllIn(generic.signature().stringValue()));
            addTypesOfAnnotations(field);
        }
        type.superclass().ifPresent(parent -> addAllIn(parent.asInternalName()));
        addTypesOfAnnotations(type);
        // The client finds the list of a resource by its name.
        if (exists(name + "List")) {
            waiting.add(name + "List");
        }
    }

    /** The ways in which a bean is made, filled and read; the many {@code edit} and {@code toBuilder} would pull in all builders. */
    private static boolean isForJackson(MethodModel method) {
        if (method.flags().has(AccessFlag.STATIC) && !isAnnotatedForJackson(method) || method.flags().has(AccessFlag.SYNTHETIC)) {
            return false;
        }
        String name = method.methodName().stringValue();
        int parameters = method.methodTypeSymbol().parameterCount();
        boolean getter = (name.startsWith("get") || name.startsWith("is")) && parameters == 0;
        boolean setter = name.startsWith("set") && parameters > 0;
        boolean constructor = name.equals("<init>") && parameters == 0;
        return getter || setter || constructor || isAnnotatedForJackson(method);
    }

    private static boolean isAnnotatedForJackson(MethodModel method) {
        return method.findAttribute(Attributes.runtimeVisibleAnnotations())
                .map(found -> found.annotations().stream().map(a -> a.className().stringValue()).anyMatch(a -> a.startsWith(JACKSON) && !a.equals(IGNORED)))
                .orElse(false);
    }

    /** Deserializers and the like, which Jackson makes by reflection, and model types, which are followed. */
    private void addTypesOfAnnotations(AttributedElement element) {
        element.findAttribute(Attributes.runtimeVisibleAnnotations())
                .ifPresent(found -> found.annotations().stream().filter(a -> a.className().stringValue().startsWith(JACKSON)).forEach(this::addTypesOf));
    }

    private void addTypesOf(Annotation annotation) {
        annotation.elements().stream().map(AnnotationElement::value).forEach(this::addTypesOf);
    }

    private void addTypesOf(AnnotationValue value) {
        switch (value) {
            case AnnotationValue.OfClass named -> addInstantiated(named.classSymbol());
            case AnnotationValue.OfArray array -> array.values().forEach(this::addTypesOf);
            case AnnotationValue.OfAnnotation nested -> addTypesOf(nested.annotation());
            default -> { }
        }
    }

    private void addInstantiated(ClassDesc type) {
        String descriptor = type.descriptorString();
        if (!type.isClassOrInterface()) {
            return;
        }
        String name = descriptor.substring(1, descriptor.length() - 1);
        if (MODEL.matcher(name).matches()) {
            addAllIn(name);
            if (name.endsWith("erializer")) {
                waiting.add(name);
            }
        } else if (!name.startsWith("java/")) {
            found.putIfAbsent(name.replace('/', '.'), new Members(false, new TreeSet<>(List.of(new Method("<init>", List.of())))));
        }
    }

    private ClassModel parse(String name) throws IOException {
        try (InputStream in = loader.getResourceAsStream(name + ".class")) {
            return in == null ? null : ClassFile.of().parse(in.readAllBytes());
        }
    }

    private boolean exists(String name) {
        return loader.getResource(name + ".class") != null;
    }

    private static String typeName(ClassDesc type) {
        if (type.isArray()) {
            return typeName(type.componentType()) + "[]";
        }
        if (type.isPrimitive()) {
            return type.displayName();
        }
        String descriptor = type.descriptorString();
        return descriptor.substring(1, descriptor.length() - 1).replace('/', '.');
    }
}
