package io.ovation;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.time.Instant;
import java.time.InstantSource;
import org.junit.jupiter.api.Test;

/** The walls between packages. Each is a rule; a class that breaks one is named. */
class WallsTest {
  private static final JavaClasses CODE =
      new ClassFileImporter()
          .withImportOption(new ImportOption.DoNotIncludeTests())
          .importPackages("io.ovation");

  private static final String[] STAGES = {
    "io.ovation.ingress..",
    "io.ovation.dispatch..",
    "io.ovation.supervise..",
    "io.ovation.deliver..",
    "io.ovation.liveness..",
    "io.ovation.packages..",
    "io.ovation.region.."
  };

  @Test
  void stagesDoNotKnowOneAnother() {
    slices()
        .matching("io.ovation.(ingress|dispatch|supervise|deliver|liveness|packages|region)..")
        .should()
        .notDependOnEachOther()
        .check(CODE);
  }

  @Test
  void stagesShareOnlyWhatCarriesThingsBetweenThem() {
    classes()
        .that()
        .resideInAnyPackage(STAGES)
        .should()
        .onlyDependOnClassesThat(
            not(resideInAPackage("io.ovation.."))
                .or(resideInAnyPackage(STAGES))
                .or(
                    resideInAnyPackage(
                        "io.ovation.http..",
                        "io.ovation.auth..",
                        "io.ovation.moderation..",
                        "io.ovation.cluster..",
                        "io.ovation.wire..",
                        "io.ovation.stage..",
                        "io.ovation.queue..",
                        "io.ovation.live..",
                        "io.ovation.store..",
                        "io.ovation.disk..",
                        "io.ovation.async..",
                        "io.ovation.vertx..",
                        "io.ovation.config..",
                        "io.ovation.trace..",
                        "io.ovation.metrics..")))
        .check(CODE);
  }

  @Test
  void whatIsSharedKnowsNoStage() {
    noClasses()
        .that()
        .resideOutsideOfPackages(STAGES)
        .and()
        .resideOutsideOfPackages("io.ovation", "io.ovation.node")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(STAGES)
        .check(CODE);
  }

  @Test
  void onlyTheRootUsesWhatWires() {
    noClasses()
        .that()
        .resideOutsideOfPackages("io.ovation", "io.ovation.node", "io.ovation.launch..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("io.ovation", "io.ovation.node", "io.ovation.launch")
        .check(CODE);
  }

  @Test
  void theQueueKnowsNothingOfStreams() {
    noClasses()
        .that()
        .resideInAPackage("io.ovation.queue..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(
            "io.ovation.cluster..",
            "io.ovation.wire..",
            "io.ovation.stage..",
            "io.ovation.store..",
            "io.ovation.http..",
            "io.ovation.live..")
        .check(CODE);
  }

  @Test
  void theStoreKnowsNeitherTheQueueNorTheBus() {
    noClasses()
        .that()
        .resideInAPackage("io.ovation.store..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(
            "io.ovation.queue..",
            "io.ovation.cluster..",
            "io.ovation.wire..",
            "io.ovation.stage..",
            "io.ovation.http..")
        .check(CODE);
  }

  @Test
  void theFrontKnowsNoneOfItsRoles() {
    noClasses()
        .that()
        .resideInAPackage("io.ovation.http..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(
            "io.ovation.cluster..",
            "io.ovation.wire..",
            "io.ovation.stage..",
            "io.ovation.queue..",
            "io.ovation.store..")
        .check(CODE);
  }

  @Test
  void theGeneratorImportsNoServerCode() {
    classes()
        .that()
        .resideInAPackage("io.ovation.protoc..")
        .should()
        .onlyDependOnClassesThat(
            resideInAPackage("io.ovation.protoc..").or(not(resideInAPackage("io.ovation.."))))
        .check(CODE);
  }

  @Test
  void theServerDoesNotNeedTheGenerator() {
    noClasses()
        .that()
        .resideOutsideOfPackage("io.ovation.protoc..")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("io.ovation.protoc..")
        .check(CODE);
  }

  @Test
  void settingsAndMetersDependOnNothingOfOurs() {
    noClasses()
        .that()
        .resideInAnyPackage("io.ovation.config..", "io.ovation.metrics..", "io.ovation.async..")
        .should()
        .dependOnClassesThat(
            resideInAPackage("io.ovation..")
                .and(
                    not(
                        resideInAnyPackage(
                            "io.ovation.config..",
                            "io.ovation.metrics..",
                            "io.ovation.async..",
                            "io.ovation.vertx.."))))
        .check(CODE);
  }

  @Test
  void onlyOnePackageUsesTheInternalsOfVertx() {
    noClasses()
        .that()
        .resideOutsideOfPackage("io.ovation.vertx..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("io.vertx.core.internal..", "io.vertx..impl..")
        .check(CODE);
  }

  /**
   * What is ordered, leased, expired or refused is so by the store's clock or by monotonic time.
   * These classes say what people read, or run where there is no store.
   */
  @Test
  void fewClassesReadTheWallClock() {
    noClasses()
        .that()
        .haveNameNotMatching(
            "io.ovation.(Main|Node|node.(RoleDeployer|RegionWiring)|log..*|launch..*|load..*"
                + "|disk.DiskClock|store.redis.RedisCheck|deliver.DeliveryMetrics"
                + "|queue.embedded.(LogReader|EmbeddedQueue)|queue.rabbit.RabbitBroker)(\\$.*)?")
        .should()
        .callMethod(System.class, "currentTimeMillis")
        .orShould()
        .callMethod(InstantSource.class, "system")
        .orShould()
        .callMethod(Instant.class, "now")
        .check(CODE);
  }

  @Test
  void theRootHasNoMoreThanThreeClasses() {
    assertThat(CODE)
        .filteredOn(type -> type.getPackageName().equals("io.ovation") && type.isTopLevelClass())
        .hasSizeLessThanOrEqualTo(3);
  }
}
