// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded.e2e;

import java.io.StringWriter;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.core.Logger;
import org.apache.logging.log4j.core.appender.WriterAppender;
import org.apache.logging.log4j.core.layout.PatternLayout;

/** Collects the log of this JVM, including stack traces, until it is closed. */
public final class LogCapture implements AutoCloseable {

  private final StringWriter text = new StringWriter();
  private final Logger root = (Logger) LogManager.getRootLogger();
  private final WriterAppender appender =
      WriterAppender.newBuilder()
          .setName(LogCapture.class.getName())
          .setTarget(text)
          .setLayout(PatternLayout.newBuilder().withPattern("%p %c %m%n%throwable").build())
          .build();

  public LogCapture() {
    appender.start();
    root.addAppender(appender);
  }

  public String text() {
    return text.toString();
  }

  @Override
  public void close() {
    root.removeAppender(appender);
    appender.stop();
  }
}
