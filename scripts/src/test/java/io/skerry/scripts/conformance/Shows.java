package io.skerry.scripts.conformance;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/** What a client is seen to do when the test passes: a row each in docs/conformance.md. */
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.METHOD)
public @interface Shows {
    String[] value();

    /** Why it does not work; then the test shows what happens instead. */
    String lacking() default "";
}
