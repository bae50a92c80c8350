package dev.vsocklab.qemu.agent;

/**
 * By which numbers an agent knows a program that it started.
 *
 * @param program the program itself
 * @param stdin its standard input
 * @param stdout its standard output
 * @param stderr its standard error
 * @param pid its process id
 */
public record ProgramHandles(int program, int stdin, int stdout, int stderr, int pid) {}
