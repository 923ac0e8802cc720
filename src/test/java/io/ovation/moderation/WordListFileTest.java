package io.ovation.moderation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ovation.config.ConfigException;
import io.ovation.moderation.WordList.Action;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WordListFileTest {
  @TempDir Path dir;
  private long changes;

  /** Two changes may fall into one tick of the file system's clock. */
  private Path write(String text) throws IOException {
    Path file = Files.writeString(dir.resolve("words.txt"), text);
    return Files.setLastModifiedTime(file, FileTime.fromMillis(++changes * 10_000));
  }

  @Test
  void aChangedFileTakesEffectAndOneThatIsNotValidLeavesTheListAsItWas() throws IOException {
    WordListFile words = new WordListFile(write("deny spam\n"));
    assertThat(words.get().check("spam").action()).isEqualTo(Action.DENY);
    write("hold spam\n");
    words.reload();
    assertThat(words.get().check("spam").action()).isEqualTo(Action.HOLD);
    write("spam\n");
    words.reload();
    assertThat(words.get().check("spam").action()).isEqualTo(Action.HOLD);
    Files.delete(dir.resolve("words.txt"));
    words.reload();
    assertThat(words.get().check("spam").action()).isEqualTo(Action.HOLD);
    write("deny eggs\n");
    words.reload();
    assertThat(words.get().check("spam").action()).isEqualTo(Action.ALLOW);
    assertThat(words.get().check("eggs").action()).isEqualTo(Action.DENY);
  }

  @Test
  void aNodeDoesNotStartWithoutItsList() throws IOException {
    assertThatThrownBy(() -> new WordListFile(dir.resolve("missing")))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("moderation.words");
    Path bad = write("deny spam\ndrop eggs\n");
    assertThatThrownBy(() -> new WordListFile(bad)).hasMessageContaining("line 2");
  }
}
