// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded.e2e;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/** Skips a test class if the build does not set a Python executable. */
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@EnabledIfSystemProperty(
    named = Python.EXECUTABLE_PROPERTY,
    matches = ".+",
    disabledReason = "run with -Dpython.executable=<a Python that has pyflink_ml_embedded>")
@interface NeedsPython {}
