package io.ovation.protoc;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import javax.tools.Diagnostic;
import javax.tools.DiagnosticCollector;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The compiler refuses a request of another method, in producers and in handlers. */
class WrongTypeTest {
  @TempDir Path dir;

  @Test
  void requestOfItsMethodCompiles() {
    assertThat(errors(enqueue("Errand.getDefaultInstance()"))).isEmpty();
    assertThat(errors(handler("Errand"))).isEmpty();
  }

  @Test
  void requestOfAnotherMethodDoesNotCompile() {
    assertThat(errors(enqueue("Flat.getDefaultInstance()")))
        .singleElement()
        .asString()
        .contains("incompatible types: io.ovation.shapes.Flat cannot be converted");
  }

  @Test
  void anythingElseDoesNotCompile() {
    assertThat(errors(enqueue("new byte[0]"))).hasSize(1);
    assertThat(errors(enqueue("\"text\""))).hasSize(1);
  }

  @Test
  void handlerOfAnotherRequestDoesNotCompile() {
    assertThat(errors(handler("Flat"))).isNotEmpty().asString().contains("does not override");
  }

  @Test
  void handlerThatLeavesOutAMethodDoesNotCompile() {
    assertThat(errors("class Try implements ErrandsHandler {}")).isNotEmpty();
  }

  private static String enqueue(String request) {
    return "class Try { Object go(ErrandsProducer p) { return p.enqueueRun(%s); } }"
        .formatted(request);
  }

  private static String handler(String request) {
    return """
        abstract class Try implements ErrandsHandler {
          @Override
          public io.vertx.core.Future<Void> run(%s request, io.ovation.queue.typed.ItemMetadata meta) {
            return io.vertx.core.Future.succeededFuture();
          }
        }
        """
        .formatted(request);
  }

  /** The errors of javac for a class that uses the generated ones. */
  private List<String> errors(String code) {
    JavaCompiler javac = ToolProvider.getSystemJavaCompiler();
    var diagnostics = new DiagnosticCollector<JavaFileObject>();
    var source =
        new SimpleJavaFileObject(URI.create("string:///Try.java"), JavaFileObject.Kind.SOURCE) {
          @Override
          public CharSequence getCharContent(boolean ignored) {
            return "import io.ovation.shapes.*;\n" + code;
          }
        };
    List<String> options =
        List.of("-d", dir.toString(), "-cp", System.getProperty("java.class.path"), "-proc:none");
    javac.getTask(null, null, diagnostics, options, null, List.of(source)).call();
    return diagnostics.getDiagnostics().stream()
        .filter(found -> found.getKind() == Diagnostic.Kind.ERROR)
        .map(found -> found.getMessage(Locale.ROOT))
        .collect(Collectors.toList());
  }
}
