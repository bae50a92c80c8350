package dev.vsocklab.qemu;

import dev.vsocklab.qemu.agent.GuestCommand;
import dev.vsocklab.qemu.agent.GuestProgram;
import dev.vsocklab.qemu.agent.GuestPrograms;
import dev.vsocklab.spi.BackendLab.ReportSection;
import dev.vsocklab.spi.LabRequest.FilesRequest;
import dev.vsocklab.spi.LabRequest.GuestRequest;
import dev.vsocklab.spi.LabRequest.ProgramRequest;
import java.io.IOException;
import java.util.List;

/** What a test wants in its guest: files and programs, put and started when it gets the guest. */
final class GuestSetup {
  private GuestSetup() {}

  /**
   * Puts the files, starts the programs and waits for each.
   *
   * @throws IOException if a file cannot be put, or a program does not come as far as it should
   */
  static void run(GuestPrograms programs, GuestRequest request) throws IOException {
    for (FilesRequest files : request.files()) {
      programs.putTree(files.source(), files.guestPath());
    }
    for (ProgramRequest program : request.programs()) {
      start(programs, program);
    }
  }

  /**
   * The same; a guest without memory is told to ask for more.
   *
   * @throws IOException if a file cannot be put, or a program does not come as far as it should
   */
  static void run(GuestKernel kernel, GuestRequest request) throws IOException {
    try {
      run(kernel.agent().programs(), request);
    } catch (IOException e) {
      throw withoutMemory(kernel, e)
          ? new IOException(e.getMessage() + " " + kernel.guest().moreMemory(), e)
          : e;
    }
  }

  private static void start(GuestPrograms programs, ProgramRequest request) throws IOException {
    GuestProgram program;
    try {
      program = programs.start(GuestCommand.of(request.arguments().toArray(String[]::new)));
    } catch (IOException e) {
      throw new IOException(
          e.getMessage()
              + " A guest has nothing but what its test puts there: the program, an interpreter"
              + " and shared libraries must be among @Guest(files = …).",
          e);
    }
    program.await(request.until(), request.deadline());
  }

  /** A guest's root may fill half of its memory; ENOSPC says that it is full. */
  private static boolean withoutMemory(GuestKernel kernel, IOException e) {
    return kernel.guest().console().tellsOutOfMemory()
        || String.valueOf(e.getMessage()).contains("No space left on device");
  }

  /** What a failure report says of a guest's programs, one section each. */
  static List<ReportSection> report(GuestKernel kernel) {
    return report(kernel.guest().toString(), kernel.agent().programs());
  }

  /**
   * The same of a machine's programs.
   *
   * @param machine its name
   */
  static List<ReportSection> report(String machine, GuestPrograms programs) {
    return programs.started().stream()
        .map(
            program -> new ReportSection("program of " + machine + ": " + program, program.story()))
        .toList();
  }
}
