package io.ovation.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * {@code bin/release} in a small repository with the files that it reads. Maven and npm are scripts
 * of the test's that leave what the real ones would.
 */
class ReleaseTest {
  private static final String CLIENT = "client/package.json";

  @TempDir Path dir;
  private String version;
  private int exit;
  private String output;

  @BeforeEach
  void checkout() throws Exception {
    Matcher found =
        Pattern.compile("(?m)^  <version>(.*)</version>$")
            .matcher(Files.readString(Path.of("pom.xml")));
    assertThat(found.find()).isTrue();
    version = found.group(1);
    String wire = "src/test/resources/wire/" + version + ".txt";
    for (String file :
        List.of(
            "bin/release",
            "bin/lib.sh",
            "pom.xml",
            "LICENSE",
            CLIENT,
            "examples/thumbnails/pom.xml",
            wire)) {
      Path copy = dir.resolve(file);
      Files.createDirectories(Objects.requireNonNull(copy.getParent()));
      Files.copy(Path.of(file), copy);
    }
    Files.writeString(dir.resolve("CHANGELOG.md"), "## [" + version + "] - 2026-01-01\n");
    Files.writeString(dir.resolve(".gitignore"), "target\n");
    command(
        "mvn",
        "mkdir -p target; for f in app.jar ovation.jar sbom.json; do echo $f >target/$f; done");
    command("npm", "tar -czf \"${@: -1}/ovation-client.tgz\" *");
    command("javac", "exit 1");
    command("node", "exit 1");
    run("git", "init", "-q");
    commit("all");
  }

  private void command(String name, String body) throws IOException {
    Path file = Files.createDirectories(dir.resolve("stubs")).resolve(name);
    Files.writeString(file, "#!/bin/bash\n" + body + "\n");
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
  }

  private void commit(String why) throws Exception {
    run("git", "add", "-A");
    run("git", "commit", "-q", "-m", why);
    assertThat(exit).as(output).isZero();
  }

  private void run(String... command) throws Exception {
    ProcessBuilder builder = new ProcessBuilder(command).directory(dir.toFile());
    builder.environment().merge("PATH", "", (path, none) -> dir.resolve("stubs") + ":" + path);
    for (String who : List.of("AUTHOR", "COMMITTER")) {
      builder.environment().put("GIT_" + who + "_NAME", "test");
      builder.environment().put("GIT_" + who + "_EMAIL", "test@localhost");
    }
    Process process = builder.redirectErrorStream(true).start();
    output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    exit = process.waitFor();
  }

  private void change(String file, String from, String to) throws IOException {
    Path path = dir.resolve(file);
    String text = Files.readString(path);
    assertThat(text).contains(from);
    Files.writeString(path, text.replace(from, to));
  }

  private List<String> released() throws IOException {
    try (var files = Files.list(dir.resolve("target/release"))) {
      return files.map(file -> file.getFileName().toString()).sorted().toList();
    }
  }

  private String tags() throws Exception {
    run("git", "tag");
    return output.strip();
  }

  @Test
  void aReleaseHasEachFileWithItsChecksumAndATag() throws Exception {
    run("bin/release");
    assertThat(exit).as(output).isZero();
    List<String> files =
        List.of(
            "SHA256SUMS",
            "ovation-" + version + ".cdx.json",
            "ovation-" + version + ".jar",
            "ovation-client.tgz",
            "ovation-library-" + version + ".jar",
            "ovation-library-" + version + ".pom");
    assertThat(released()).isEqualTo(files);
    run("bash", "-c", "cd target/release && sha256sum --check --strict SHA256SUMS");
    assertThat(output.lines().filter(line -> line.endsWith(": OK"))).hasSize(files.size() - 1);
    run("tar", "-tzf", "target/release/ovation-client.tgz");
    assertThat(output.lines()).containsExactlyInAnyOrder("LICENSE", "package.json");
    assertThat(tags()).isEqualTo("v" + version);
    run("bin/release");
    assertThat(exit).isEqualTo(1);
    assertThat(output).contains("The tag v" + version + " exists already.");
  }

  @Test
  void aDryRunTakesATreeWithChangesAndTagsNothing() throws Exception {
    change("CHANGELOG.md", version, "Unreleased");
    run("bin/release", "--dry-run");
    assertThat(exit).as(output).isZero();
    assertThat(released()).contains("SHA256SUMS");
    assertThat(tags()).isEmpty();
  }

  @Test
  void whatIsNotReadyIsRefusedBeforeAnythingIsBuilt() throws Exception {
    command("mvn", "touch built");
    change("CHANGELOG.md", version, "0.0.1");
    refused("CHANGELOG.md has no section");
    change("CHANGELOG.md", "0.0.1", version);
    Files.writeString(dir.resolve("more"), "");
    refused("changes that are not committed");
    Files.delete(dir.resolve("more"));
    change(CLIENT, version, "9.9.9");
    refused("client/package.json does not have version");
    change(CLIENT, "9.9.9", version);
    change("examples/thumbnails/pom.xml", "version>" + version + "<", "version>9.9.9<");
    refused("examples/thumbnails/pom.xml does not name");
    assertThat(dir.resolve("built")).doesNotExist();
    assertThat(tags()).isEmpty();
  }

  private void refused(String why) throws Exception {
    run("bin/release");
    assertThat(exit).as(output).isEqualTo(1);
    assertThat(output).contains(why);
  }

  /** What {@code npm} would leave out without a word. */
  @Test
  void thePackageOfTheClientHasEachFileThatItNames() throws IOException {
    JsonObject client = new JsonObject(Files.readString(Path.of(CLIENT)));
    List<String> files = new ArrayList<>();
    client.getJsonArray("files").forEach(file -> files.add((String) file));
    assertThat(files).allMatch(file -> Files.exists(Path.of("client", file)));
    List<String> named = new ArrayList<>();
    collect(client.getJsonObject("exports"), named);
    for (String key : List.of("main", "module", "types")) {
      named.add(client.getString(key));
    }
    assertThat(named)
        .hasSizeGreaterThan(8)
        .map(name -> name.replace("./", ""))
        .allMatch(name -> files.contains(name) || name.equals("package.json"));
    assertThat(client.getString("license")).isEqualTo("Apache-2.0");
  }

  private static void collect(JsonObject exports, List<String> named) {
    exports.forEach(
        each -> {
          if (each.getValue() instanceof JsonObject more) {
            collect(more, named);
          } else {
            named.add((String) each.getValue());
          }
        });
  }
}
