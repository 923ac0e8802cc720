package io.ovation.testkit;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.extension.AfterTestExecutionCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.LifecycleMethodExecutionExceptionHandler;

/** Prints the ends of the nodes' logs when a test of the class fails. */
public final class ShowLogs
    implements BeforeAllCallback,
        AfterTestExecutionCallback,
        LifecycleMethodExecutionExceptionHandler {

  private static final int LINES = 80;
  private static final List<NodeProcess> STARTED = new CopyOnWriteArrayList<>();

  static void started(NodeProcess node) {
    STARTED.add(node);
  }

  @Override
  public void beforeAll(ExtensionContext context) {
    STARTED.clear();
  }

  @Override
  public void afterTestExecution(ExtensionContext context) {
    context.getExecutionException().ifPresent(e -> print(context.getDisplayName()));
  }

  @Override
  public void handleBeforeAllMethodExecutionException(ExtensionContext context, Throwable thrown)
      throws Throwable {
    print(context.getDisplayName());
    throw thrown;
  }

  private static void print(String test) {
    for (NodeProcess node : STARTED) {
      System.err.println("---- " + test + ": end of the log of " + node);
      System.err.println(node.logTail(LINES));
    }
  }
}
