package io.ovation.launch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ovation.cluster.Role;
import java.util.List;
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
        .isInstanceOf(Arguments.Refused.class)
        .hasMessageContainingAll("a.Out", "a.Dis, a.In");
  }

  @Test
  void aMistypedCommandIsToldWithTheNearestAndAllOthers() {
    assertThatThrownBy(() -> parse("chekc", "-cluster"))
        .isInstanceOf(Arguments.Refused.class)
        .hasMessageContainingAll("chekc is neither", "nearest is check", "check, config, load");
    assertThatThrownBy(() -> parse("Diss")).hasMessageContaining("nearest is a.Dis.");
  }

  @Test
  void aCommandBehindAnOptionsValueIsToldWhereItBelongs() {
    assertThatThrownBy(() -> parse("-cluster-port", "17000", "check"))
        .hasMessageContaining("check is a command: write it before its options");
  }

  @Test
  void aMistypedOptionIsToldWholeWithTheNearest() {
    assertThatThrownBy(() -> parse("-clutser"))
        .isInstanceOf(Arguments.Refused.class)
        .hasMessageContainingAll("-clutser is not an option", "nearest is -cluster.", "--help");
    assertThatThrownBy(() -> parse("-conf"))
        .isInstanceOf(Arguments.Refused.class)
        .hasMessageContaining("-conf");
  }

  private static Arguments parse(String... args) {
    return Arguments.parse(args, KNOWN, List.of("check", "config", "load"));
  }
}
