/**
 * Credit: how much may be sent, and what was received. Arithmetic only; no clock, no thread, no
 * lock. Read {@link dev.vsocklab.sim.credit.SendWindow} and {@link
 * dev.vsocklab.sim.credit.ReceiveBuffer}.
 *
 * <pre>
 *   sender: SendWindow(txCnt)      ── RW ──────────────▶   receiver: ReceiveBuffer(bufAlloc, fwdCnt)
 *           peerBufAlloc, peerFwdCnt ◀── any packet's stamp ──
 * </pre>
 */
@NullMarked
package dev.vsocklab.sim.credit;

import org.jspecify.annotations.NullMarked;
