package io.ovation.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import io.ovation.live.proto.CommentRequest;
import io.ovation.queue.Partitions;
import io.ovation.queue.proto.QueueItem;
import java.io.File;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The producer of {@code examples/producers} in Python: what it publishes is an item for the right
 * queue. The client library is replaced by one that prints, since Debian's is not needed otherwise.
 */
class ProducerExamplesIT {
  /** Long enough for a length of two bytes, and not only ASCII. */
  private static final String TEXT = "Grüße 🎉 ".repeat(12);

  @ParameterizedTest
  @ValueSource(ints = {16, 5})
  void thePythonProducerPublishesAnItemToThePartitionOfItsStream(int partitions) throws Exception {
    ProcessBuilder command =
        new ProcessBuilder("python3", "examples/producers/comment.py", "my-stream", "jörg", TEXT);
    command.environment().put("PYTHONPATH", new File("src/test/python").getAbsolutePath());
    command.environment().put("PYTHONDONTWRITEBYTECODE", "1");
    command.environment().put("PYTHONUTF8", "1");
    command.environment().put("RABBITMQ_URI", "amqp://localhost");
    if (partitions != 16) {
      command.environment().put("OVATION_PARTITIONS", Integer.toString(partitions));
    }
    Process process = command.redirectErrorStream(true).start();
    String printed =
        new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
    assertThat(process.waitFor()).as(printed).isZero();

    String[] published = printed.split(" ");
    int partition = new Partitions(partitions).of("my-stream");
    assertThat(published[0]).isEqualTo("ovation.comments.normal." + partition);
    QueueItem item = QueueItem.parseFrom(HexFormat.of().parseHex(published[1]));
    assertThat(item.getService()).isEqualTo("ovation.live.Comments");
    assertThat(item.getMethod()).isEqualTo("Comment");
    CommentRequest request = CommentRequest.parseFrom(item.getPayload());
    assertThat(request.getStream()).isEqualTo("my-stream");
    assertThat(request.getUser()).isEqualTo("jörg");
    assertThat(request.getText()).isEqualTo(TEXT);
    assertThat(request.getId()).hasSize(32);
  }
}
