package io.ovation.protoc;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Message;
import com.google.protobuf.Timestamp;
import io.ovation.queue.Lane;
import io.ovation.queue.proto.QueueItem;
import io.ovation.queue.typed.Item;
import io.ovation.queue.typed.ItemMetadata;
import io.ovation.queue.typed.QueueMethod;
import io.ovation.shapes.Flat;
import io.ovation.shapes.ManyShapesHandler;
import io.ovation.shapes.ManyShapesQueue;
import io.ovation.shapes.Odd;
import io.ovation.shapes.Outer;
import io.ovation.shapes.WithOptional;
import io.ovation.shapes.one.OneFileOuterClass;
import io.ovation.shapes.one.OneShapeQueue;
import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import shapes.named.Chosen;
import shapes.named.NamedShapeQueue;

/**
 * The build's generated code for {@code src/test/proto/shapes}: that it compiles is half the test.
 */
class GeneratedShapesTest {

  @Test
  void queueIsNamedByTheOptionOrByTheService() {
    assertThat(ManyShapesQueue.contract().queue()).isEqualTo("shapes-many");
    assertThat(OneShapeQueue.contract().queue()).isEqualTo("oneshape");
  }

  @Test
  void lanesAreTheServicesAndItsMethods() {
    assertThat(ManyShapesQueue.contract().lanes()).containsExactly(Lane.values());
    assertThat(OneShapeQueue.contract().lanes()).containsExactly(Lane.NORMAL);
    assertThat(ManyShapesQueue.PLAIN.lane()).isEqualTo(Lane.NORMAL);
    assertThat(ManyShapesQueue.FROM_ONE_FILE.lane()).isEqualTo(Lane.LOW);
  }

  @Test
  void keyAndIdAreReadFromTheirFields() {
    var optional = WithOptional.newBuilder().setRoom("r").setTicket("t").build();
    var nested = Outer.Inner.Innermost.newBuilder().setKey("k").build();
    var part = OneFileOuterClass.WrappedRequest.Part.newBuilder().setId("i").build();
    var thing = Chosen.Thing.newBuilder().setId("i").build();

    assertThat(ManyShapesQueue.OPTIONAL.keyOf().apply(optional)).isEqualTo("r");
    assertThat(ManyShapesQueue.OPTIONAL.idOf().apply(optional)).isEqualTo("t");
    assertThat(ManyShapesQueue.OPTIONAL.idOf().apply(WithOptional.getDefaultInstance())).isEmpty();
    assertThat(ManyShapesQueue.NESTED.keyOf().apply(nested)).isEqualTo("k");
    assertThat(ManyShapesQueue.FROM_ONE_FILE.idOf().apply(part)).isEqualTo("i");
    assertThat(NamedShapeQueue.DO.idOf().apply(thing)).isEqualTo("i");
    assertThat(ManyShapesQueue.PLAIN.keyOf().apply(Flat.getDefaultInstance())).isEmpty();
  }

  @Test
  void gettersThatJavaMustSpellDifferentlyAreFound() {
    var odd =
        Odd.newBuilder().setClass_("c").addName2("x").setNameCount3("n").setA1B2C("a").build();
    var twins = Chosen.Thing.newBuilder().setId("i").setT1X3("w").build();

    assertThat(ManyShapesQueue.ODD_GETTERS.keyOf().apply(odd)).isEqualTo("c");
    assertThat(ManyShapesQueue.ODD_GETTERS.idOf().apply(odd)).isEqualTo("n");
    assertThat(ManyShapesQueue.ODD_CASE.keyOf().apply(odd)).isEqualTo("a");
    assertThat(NamedShapeQueue.DO.keyOf().apply(twins)).isEqualTo("w");
  }

  @Test
  void eachItemReachesItsOwnMethodOfTheHandler() {
    var handler = new Recorder();
    var registration = ManyShapesQueue.register(handler);
    for (QueueMethod<?> method : ManyShapesQueue.contract().methods().values()) {
      QueueItem bytes =
          QueueItem.newBuilder().setService("shapes.ManyShapes").setMethod(method.name()).build();
      Item<? extends Message> item = ManyShapesQueue.decode(bytes.toByteArray());
      assertThat(registration.handle(item).succeeded()).isTrue();
    }

    assertThat(handler.called)
        .containsExactlyElementsOf(ManyShapesQueue.contract().methods().keySet());
  }

  private static final class Recorder implements ManyShapesHandler {
    private final List<String> called = new ArrayList<>();

    private Future<Void> called(String method) {
      called.add(method);
      return Future.succeededFuture();
    }

    @Override
    public Future<Void> plain(Flat request, ItemMetadata meta) {
      return called("Plain");
    }

    @Override
    public Future<Void> optional(WithOptional request, ItemMetadata meta) {
      return called("Optional");
    }

    @Override
    public Future<Void> nested(Outer.Inner.Innermost request, ItemMetadata meta) {
      return called("Nested");
    }

    @Override
    public Future<Void> fromOneFile(
        OneFileOuterClass.WrappedRequest.Part request, ItemMetadata meta) {
      return called("FromOneFile");
    }

    @Override
    public Future<Void> wellKnown(Timestamp request, ItemMetadata meta) {
      return called("WellKnown");
    }

    @Override
    public Future<Void> oddGetters(Odd request, ItemMetadata meta) {
      return called("OddGetters");
    }

    @Override
    public Future<Void> oddCase(Odd request, ItemMetadata meta) {
      return called("OddCase");
    }

    @Override
    public Future<Void> switch_(Flat request, ItemMetadata meta) {
      return called("Switch");
    }

    @Override
    public Future<Void> hashCode(Flat request, ItemMetadata meta) {
      return called("hashCode");
    }

    @Override
    public Future<Void> snakeCase(Flat request, ItemMetadata meta) {
      return called("snake_case");
    }

    @Override
    public Future<Void> contract(Flat request, ItemMetadata meta) {
      return called("Contract");
    }
  }
}
