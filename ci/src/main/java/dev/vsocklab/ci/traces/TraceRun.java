package dev.vsocklab.ci.traces;

/**
 * One deterministic run, as a ledger has it.
 *
 * @param testId what the simulation was called
 * @param origin where its choices came from, for example {@code seed 17}
 * @param events how many events it had
 * @param hash its trace hash, in hexadecimal
 */
record TraceRun(String testId, String origin, long events, String hash) {}
