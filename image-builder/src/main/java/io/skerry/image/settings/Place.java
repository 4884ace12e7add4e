package io.skerry.image.settings;

/** A place in the tree, as a person reads it ({@code users[0].name}) and as JSON points to it ({@code /users/0/name}, RFC 6901). */
record Place(String path, String pointer) {
    static final Place TOP = new Place("", "");

    Place key(String name) {
        return new Place(path.isEmpty() ? name : path + "." + name, pointer + "/" + name.replace("~", "~0").replace("/", "~1"));
    }

    Place item(int index) {
        return new Place(path + "[" + index + "]", pointer + "/" + index);
    }
}
