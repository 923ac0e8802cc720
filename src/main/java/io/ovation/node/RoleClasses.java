package io.ovation.node;

import io.ovation.cluster.Role;
import io.ovation.deliver.DeliveryVerticle;
import io.ovation.dispatch.DispatchVerticle;
import io.ovation.ingress.IngressVerticle;
import io.ovation.liveness.LivenessVerticle;
import io.ovation.packages.PackageVerticle;
import io.ovation.supervise.SupervisorVerticle;
import java.util.Map;

/** The classes that name roles on the command line. */
public final class RoleClasses {
  public static final Map<String, Role> BY_CLASS =
      Map.of(
          IngressVerticle.class.getName(), Role.INGRESS,
          DispatchVerticle.class.getName(), Role.DISPATCH,
          SupervisorVerticle.class.getName(), Role.SUPERVISE,
          DeliveryVerticle.class.getName(), Role.SUPERVISE,
          LivenessVerticle.class.getName(), Role.LIVENESS,
          PackageVerticle.class.getName(), Role.PACKAGES);

  private RoleClasses() {}
}
