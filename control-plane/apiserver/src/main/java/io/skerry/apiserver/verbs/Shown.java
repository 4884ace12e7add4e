package io.skerry.apiserver.verbs;

import com.fasterxml.jackson.databind.node.ObjectNode;

/** How admission sees an object that is changed through a subresource of another kind: a Deployment as its Scale. */
public interface Shown {
    Shown AS_IT_IS = new Shown() {
        @Override
        public ObjectNode of(ObjectNode object) {
            return object;
        }

        @Override
        public void takeBack(ObjectNode object, ObjectNode shown) {
            // it is the object
        }
    };

    ObjectNode of(ObjectNode object);

    /** Brings what admission changed of what it was shown into the object. */
    void takeBack(ObjectNode object, ObjectNode shown);
}
