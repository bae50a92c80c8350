package dev.vsocklab.qemu.launch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import java.io.IOException;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What makes two CPUs the same for a saved guest. */
class HostCpuTest {

  @Test
  void anotherModelFeatureOrClockRateIsAnotherCpu() {
    List<String> here = cpu("EPYC 7763", "fpu sse avx2", "4890.99");

    assertNotEquals(here, cpu("EPYC 7R13", "fpu sse avx2", "4890.99"));
    assertNotEquals(here, cpu("EPYC 7763", "fpu sse", "4890.99"));
    assertNotEquals(here, cpu("EPYC 7763", "fpu sse avx2", "5300.00"));
  }

  @Test
  void theSameClockMeasuredAgainIsTheSame() {
    assertEquals(cpu("EPYC", "fpu", "4890.99"), cpu("EPYC", "fpu", "4891.02"));
  }

  @Test
  void whatChangesFromMinuteToMinuteDoesNotCount() {
    assertEquals(
        HostCpu.identity(Stream.of("model name : EPYC", "cpu MHz : 2445.1", "", "model name : B")),
        HostCpu.identity(Stream.of("model name : EPYC", "cpu MHz : 3100.7", "", "model name : C")));
  }

  @Test
  void thisMachineTellsItsModel() throws IOException {
    assertFalse(HostCpu.identity().isEmpty());
  }

  private static List<String> cpu(String model, String flags, String bogomips) {
    return HostCpu.identity(
        Stream.of(
            "processor\t: 0",
            "model name\t: " + model,
            "flags\t\t: " + flags,
            "bogomips\t: " + bogomips,
            ""));
  }
}
