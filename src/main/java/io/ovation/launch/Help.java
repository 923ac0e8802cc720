package io.ovation.launch;

import java.util.List;

/** The text of {@code --help}. */
final class Help {
  private static final String HEAD =
      """
      Ovation, a server for live audiences.

      java -jar app.jar                        a node alone: every role, queue and store embedded
      java -jar app.jar -cluster               a node of the cluster in cluster.xml; several nodes
                                               need RabbitMQ (OVATION_RABBITMQ_URI) and Redis
                                               (OVATION_REDIS_URI)
      java -jar app.jar CLASS[,CLASS] -cluster a node with these roles only

      Options
        -conf FILE|JSON                        configuration as a JSON file or object; keys and
                                               defaults are in conf/ovation.yaml
        -cluster-host H, -cluster-port N       the address of the event bus
        --help, --version

      Roles
      """;

  private static final String TAIL =
      """

      Exit codes: 0 stopped on request, 64 wrong arguments, 69 a dependency was away for too long,
      70 failed, 78 the configuration is wrong.
      """;

  private Help() {}

  static String text(List<String> roles, List<Command> commands) {
    StringBuilder text = new StringBuilder(HEAD);
    roles.forEach(role -> text.append("  ").append(role).append('\n'));
    text.append("\nCommands\n");
    for (Command command : commands) {
      text.append("  %s%n    %s%n".formatted(command.usage(), command.summary()));
    }
    return text.append(TAIL).toString();
  }
}
