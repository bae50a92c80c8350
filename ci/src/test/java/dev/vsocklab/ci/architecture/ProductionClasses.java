package dev.vsocklab.ci.architecture;

import static org.junit.jupiter.api.Assertions.assertTrue;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;

/** The compiled classes that the rules look at, with proof that they are there. */
final class ProductionClasses {
  private static final JavaClasses ALL =
      new ClassFileImporter()
          .withImportOption(new ImportOption.DoNotIncludeTests())
          .withImportOption(location -> !location.contains("dev/vsocklab/ci/"))
          .importPackages("dev.vsocklab");

  private ProductionClasses() {}

  /** Every class of the project, without tests and without this module. */
  static JavaClasses all() {
    atLeast(100, ALL, "the whole project");
    return ALL;
  }

  /**
   * The classes of some packages. A rule about them that saw fewer than it must would pass on
   * nothing.
   */
  static JavaClasses in(int atLeast, String... packages) {
    DescribedPredicate<JavaClass> inside =
        JavaClass.Predicates.resideInAnyPackage(packages).as(String.join(", ", packages));
    JavaClasses found = ALL.that(inside);
    atLeast(atLeast, found, inside.getDescription());
    return found;
  }

  private static void atLeast(int expected, JavaClasses found, String where) {
    assertTrue(
        found.size() >= expected,
        () ->
            "The rule saw "
                + found.size()
                + " classes in "
                + where
                + ", and at least "
                + expected
                + " are there. Build all modules (mvn -pl ci -am), or correct the count if classes"
                + " were removed on purpose.");
  }
}
