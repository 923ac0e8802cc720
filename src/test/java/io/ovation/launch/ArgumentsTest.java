package io.ovation.launch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ovation.cluster.Role;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ArgumentsTest {
  private static final Map<String, Role> KNOWN =
      Map.of("a.In", Role.INGRESS, "a.Dis", Role.DISPATCH);

  @Test
  void noClassMeansEveryRoleAlone() {
    assertThat(parse()).isEqualTo(new Arguments(java.util.Set.of(Role.values()), false, false));
  }

  @Test
  void aClassMeansThatRoleOnly() {
    assertThat(parse("a.Dis", "-cluster").roles()).containsExactly(Role.DISPATCH);
    assertThat(parse("a.Dis", "-cluster").clustered()).isTrue();
  }

  @Test
  void severalClassesAreSeparatedByCommas() {
    assertThat(parse("a.Dis, a.In").roles()).containsExactlyInAnyOrder(Role.INGRESS, Role.DISPATCH);
  }

  @Test
  void anOptionsValueIsNoClass() {
    Arguments arguments = parse("-conf", "a.json", "-instances", "2", "--cluster-port", "17000");
    assertThat(arguments.roles()).hasSize(Role.values().length);
    assertThat(arguments.conf()).isTrue();
    assertThat(arguments.clustered()).isFalse();
  }

  @Test
  void anUnknownClassIsRefusedWithThoseThatAreKnown() {
    assertThatThrownBy(() -> parse("a.Out"))
        .isInstanceOf(Arguments.UnknownRole.class)
        .hasMessageContainingAll("a.Out", "a.Dis, a.In");
  }

  @Test
  void aWrongOptionIsLeftToTheLauncher() {
    assertThat(parse("-no-such-option").roles()).hasSize(Role.values().length);
  }

  private static Arguments parse(String... args) {
    return Arguments.parse(args, KNOWN);
  }
}
