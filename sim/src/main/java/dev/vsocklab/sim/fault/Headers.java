package dev.vsocklab.sim.fault;

import dev.vsocklab.fault.HeaderField;
import dev.vsocklab.sim.wire.Header;
import dev.vsocklab.sim.wire.Op;

/** Headers that faults make of others. */
final class Headers {
  private Headers() {}

  static Header withFlags(Header header, int flags) {
    return with(header, HeaderField.FLAGS, flags);
  }

  static Header withCredit(Header header, int bufAlloc, int fwdCnt) {
    return with(with(header, HeaderField.BUF_ALLOC, bufAlloc), HeaderField.FWD_CNT, fwdCnt);
  }

  /** A CREDIT_UPDATE of the same direction. */
  static Header creditUpdate(Header header, int bufAlloc, int fwdCnt) {
    return new Header(
        header.srcCid(),
        header.dstCid(),
        header.srcPort(),
        header.dstPort(),
        0,
        header.type(),
        Op.CREDIT_UPDATE.wireValue(),
        0,
        bufAlloc,
        fwdCnt);
  }

  /** The header with one field changed; fields of 16 bits take what fits. */
  static Header with(Header header, HeaderField field, int value) {
    return new Header(
        header.srcCid(),
        header.dstCid(),
        field == HeaderField.SOURCE_PORT ? value : header.srcPort(),
        field == HeaderField.DESTINATION_PORT ? value : header.dstPort(),
        field == HeaderField.LENGTH ? value : header.lengthBytes(),
        field == HeaderField.TYPE ? value & 0xFFFF : header.type(),
        field == HeaderField.OP ? value & 0xFFFF : header.opValue(),
        field == HeaderField.FLAGS ? value : header.flags(),
        field == HeaderField.BUF_ALLOC ? value : header.bufAlloc(),
        field == HeaderField.FWD_CNT ? value : header.fwdCnt());
  }
}
