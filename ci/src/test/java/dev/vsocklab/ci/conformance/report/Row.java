package dev.vsocklab.ci.conformance.report;

/**
 * What a case is about.
 *
 * @param theme the group of cases
 * @param id its name
 * @param title what Linux does
 * @param source where Linux does it
 */
public record Row(String theme, String id, String title, String source) {}
