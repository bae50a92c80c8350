package dev.vsocklab.ci.conformance;

import dev.vsocklab.ci.conformance.report.Cell;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.FutureTask;

/**
 * Decides cells: one after another when they are asked for, or those of several kernels at the same
 * time, each kernel's in their order. Where hosts and guests are all emulated, a kernel takes a CPU
 * for minutes and the other CPUs have nothing to do.
 */
final class Decisions implements AutoCloseable {
  private final int kernelsAtOnce;
  private final ExecutorService threads;
  private final Map<Question, FutureTask<Cell>> cells = new HashMap<>();

  private record Question(CaseRun run, Way way, ConformanceCase each) {}

  /**
   * Decides nothing yet.
   *
   * @param kernelsAtOnce how many kernels' cells are decided at the same time, 1 or more
   */
  Decisions(int kernelsAtOnce) {
    this.kernelsAtOnce = kernelsAtOnce;
    this.threads =
        Executors.newFixedThreadPool(
            kernelsAtOnce,
            task -> {
              Thread thread = new Thread(task, "cells of a kernel");
              thread.setDaemon(true);
              return thread;
            });
  }

  /** Takes a kernel's cells up. */
  void add(CaseRun run, List<ConformanceCase> cases) {
    List<FutureTask<Cell>> inOrder = new ArrayList<>();
    for (Way way : Way.values()) {
      for (ConformanceCase each : cases) {
        FutureTask<Cell> cell = new FutureTask<>(() -> run.decide(each, way));
        cells.put(new Question(run, way, each), cell);
        inOrder.add(cell);
      }
    }
    if (kernelsAtOnce > 1) {
      threads.execute(() -> inOrder.forEach(FutureTask::run));
    }
  }

  /** Waits for a cell that was taken up. */
  Cell of(CaseRun run, Way way, ConformanceCase each) throws InterruptedException {
    FutureTask<Cell> cell = cells.get(new Question(run, way, each));
    if (cell == null) {
      throw new IllegalArgumentException("Nobody decides " + each + " on " + run.kernel() + ".");
    }
    if (kernelsAtOnce == 1) {
      cell.run();
    }
    try {
      return cell.get();
    } catch (ExecutionException e) {
      throw new AssertionError(each + " was not decided", e.getCause());
    }
  }

  /** Decides no more. */
  @Override
  public void close() {
    threads.shutdownNow();
  }
}
