/**
 * What the JDK promises of channels, selectors and sockets, as tests. Read {@link
 * dev.vsocklab.contract.ContractNet} first: each contract runs over the JDK's own TCP, which proves
 * that the test states the contract and not our habits, and over every implementation of ours.
 */
@NullMarked
package dev.vsocklab.contract;

import org.jspecify.annotations.NullMarked;
