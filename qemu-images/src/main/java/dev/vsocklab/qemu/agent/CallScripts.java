package dev.vsocklab.qemu.agent;

import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * Runs whole scripts of socket calls within one kernel, for one frame there and one back: thousands
 * a minute, with that kernel at rest after each call. A machine with a real kernel offers it as a
 * view, {@code machine.as(CallScripts.class)}.
 */
public interface CallScripts {
  /** The longest row of scripts that one {@link #run} takes. */
  int MAX_BYTES = 60 * 1024;

  /**
   * Runs scripts, one after the other. The agent does nothing else meanwhile.
   *
   * @param scripts in the form that the agent's {@code call-script.c} describes, at most {@link
   *     #MAX_BYTES}; consumed
   * @return the records, little-endian
   * @throws IOException if the scripts are of another form or the machine cannot be reached
   */
  ByteBuffer run(ByteBuffer scripts) throws IOException;
}
