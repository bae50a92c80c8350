package dev.vsocklab.ci.conformance;

import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/** Every case there is. A new class of cases is a new line here. */
final class Suite {
  private Suite() {}

  /** All cases, theme by theme, in the order of their ids. */
  static List<ConformanceCase> cases() {
    return Stream.of(
            theme(
                "The kernel's own test list",
                new KernelStreamTests(),
                new KernelSeqpacketTests(),
                new KernelCreditTests(),
                new KernelBugTests(),
                new KernelZerocopyTests()),
            theme(
                "Call × state → result",
                new BindCases(),
                new ConnectCases(),
                new SendCases(),
                new ReceiveCases(),
                new ShutdownCases()),
            theme("Addresses and routes", new AddressCases(), new RouteCases()),
            theme("Options", new OptionCases()),
            theme("Readiness", new PollCases()),
            theme("Known surprises", new SurpriseCases()),
            theme("Transport reset and a machine that goes away", new ResetCases()),
            theme("Packets made by hand", new PacketRuleCases(), new BadPacketCases()))
        .flatMap(cases -> cases)
        .toList();
  }

  private static Stream<ConformanceCase> theme(String title, Object... classes) {
    return Arrays.stream(classes)
        .flatMap(
            cases ->
                Arrays.stream(cases.getClass().getDeclaredMethods())
                    .flatMap(method -> ConformanceCase.of(cases, title, method).stream()))
        .sorted(Comparator.comparing(each -> each.row().id()));
  }
}
