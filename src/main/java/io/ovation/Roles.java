package io.ovation;

import io.ovation.bus.Role;
import java.util.Map;

/** The class that names each role on the command line. */
final class Roles {
  static final Map<String, Role> BY_CLASS =
      Map.of(
          "io.ovation.ingress.IngressVerticle", Role.INGRESS,
          "io.ovation.dispatch.DispatchVerticle", Role.DISPATCH,
          "io.ovation.supervise.SupervisorVerticle", Role.SUPERVISE);

  private Roles() {}
}
