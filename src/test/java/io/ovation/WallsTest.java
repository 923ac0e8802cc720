package io.ovation;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

/** The walls between packages. Each is a rule; a class that breaks one is named. */
@AnalyzeClasses(packages = "io.ovation", importOptions = ImportOption.DoNotIncludeTests.class)
class WallsTest {
  private static final String[] STAGES = {
    "io.ovation.ingress..",
    "io.ovation.dispatch..",
    "io.ovation.supervise..",
    "io.ovation.deliver..",
    "io.ovation.liveness..",
    "io.ovation.packages..",
    "io.ovation.region.."
  };

  @ArchTest
  static final ArchRule stagesDoNotKnowOneAnother =
      slices()
          .matching("io.ovation.(ingress|dispatch|supervise|deliver|liveness|packages|region)..")
          .should()
          .notDependOnEachOther();

  @ArchTest
  static final ArchRule stagesShareOnlyWhatCarriesThingsBetweenThem =
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
                          "io.ovation.bus..",
                          "io.ovation.queue..",
                          "io.ovation.live..",
                          "io.ovation.store..",
                          "io.ovation.async..",
                          "io.ovation.config..",
                          "io.ovation.metrics..")));

  @ArchTest
  static final ArchRule whatIsSharedKnowsNoStage =
      noClasses()
          .that()
          .resideOutsideOfPackages(STAGES)
          .and()
          .resideOutsideOfPackage("io.ovation")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(STAGES);

  @ArchTest
  static final ArchRule onlyTheRootWires =
      noClasses()
          .that()
          .resideOutsideOfPackage("io.ovation")
          .should()
          .dependOnClassesThat()
          .resideInAPackage("io.ovation");

  @ArchTest
  static final ArchRule theQueueKnowsNothingOfStreams =
      noClasses()
          .that()
          .resideInAPackage("io.ovation.queue..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(
              "io.ovation.bus..", "io.ovation.store..", "io.ovation.http..", "io.ovation.live..");

  @ArchTest
  static final ArchRule theStoreKnowsNeitherTheQueueNorTheBus =
      noClasses()
          .that()
          .resideInAPackage("io.ovation.store..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("io.ovation.queue..", "io.ovation.bus..", "io.ovation.http..");

  @ArchTest
  static final ArchRule theFrontKnowsNoneOfItsRoles =
      noClasses()
          .that()
          .resideInAPackage("io.ovation.http..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("io.ovation.bus..", "io.ovation.queue..", "io.ovation.store..");

  @ArchTest
  static final ArchRule theGeneratorImportsNoServerCode =
      classes()
          .that()
          .resideInAPackage("io.ovation.protoc..")
          .should()
          .onlyDependOnClassesThat(
              resideInAPackage("io.ovation.protoc..").or(not(resideInAPackage("io.ovation.."))));

  @ArchTest
  static final ArchRule theServerDoesNotNeedTheGenerator =
      noClasses()
          .that()
          .resideOutsideOfPackage("io.ovation.protoc..")
          .should()
          .dependOnClassesThat()
          .resideInAPackage("io.ovation.protoc..");

  @ArchTest
  static final ArchRule settingsAndMetersDependOnNothingOfOurs =
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
                              "io.ovation.async.."))));
}
