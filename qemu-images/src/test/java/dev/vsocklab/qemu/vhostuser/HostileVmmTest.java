package dev.vsocklab.qemu.vhostuser;

import dev.vsocklab.linux.Fd;
import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;

/** Messages that QEMU never sends end the device with a sentence. */
class HostileVmmTest extends DeviceTestBase {

  private void sendAndFail(Request request, ByteBuffer payload, String part, Fd... fds)
      throws Exception {
    vmm.sendRaw(request.id(), 1, payload, fds);
    assertFailed(part);
  }

  private static ByteBuffer region(long guest, long size, long user, long offset) {
    return FakeVmm.payload(40)
        .putInt(1)
        .putInt(0)
        .putLong(guest)
        .putLong(size)
        .putLong(user)
        .putLong(offset)
        .flip();
  }

  @Test
  void unknownRequest() throws Exception {
    vmm.sendRaw(99, 1, FakeVmm.payload(4));
    assertFailed("request 99 (4 bytes)");
  }

  @Test
  void replyInsteadOfARequest() throws Exception {
    vmm.sendRaw(1, 5, FakeVmm.payload(0));
    assertFailed("flags 0x5");
  }

  @Test
  void anotherVersion() throws Exception {
    vmm.sendRaw(1, 2, FakeVmm.payload(0));
    assertFailed("flags 0x2");
  }

  @Test
  void oversizedMessage() throws Exception {
    sendAndFail(Request.SET_FEATURES, FakeVmm.payload(4096), "4096 bytes");
  }

  @Test
  void shortMessage() throws Exception {
    sendAndFail(Request.SET_VRING_ADDR, FakeVmm.payload(8), "8 bytes");
  }

  @Test
  void missingDescriptor() throws Exception {
    sendAndFail(Request.SET_VRING_KICK, FakeVmm.u64(0), "without its file descriptor");
  }

  @Test
  void tooManyDescriptors() throws Exception {
    Fd fd = vmm.rx.call.fd();
    sendAndFail(Request.SET_VRING_KICK, FakeVmm.u64(0), "with 2 file descriptors", fd, fd);
  }

  @Test
  void pollingInsteadOfAKick() throws Exception {
    sendAndFail(Request.SET_VRING_KICK, FakeVmm.u64(1 << 8), "no kick eventfd");
  }

  @Test
  void memoryRegionWithoutItsDescriptor() throws Exception {
    sendAndFail(Request.SET_MEM_TABLE, region(0, 4096, 0, 0), "1 regions and 0 file descriptors");
  }

  @Test
  void memoryRegionLargerThanItsFile() throws Exception {
    try (Fd file = TestLibc.memFile(4096)) {
      sendAndFail(Request.SET_MEM_TABLE, region(0, 8192, 0, 0), "the file has only 4096", file);
    }
  }

  @Test
  void memoryRegionBeyondTheFilesEnd() throws Exception {
    try (Fd file = TestLibc.memFile(4096)) {
      sendAndFail(Request.SET_MEM_TABLE, region(0, 4096, 0, 4096), "the file has only 4096", file);
    }
  }

  @Test
  void memoryRegionThatWrapsAround() throws Exception {
    try (Fd file = TestLibc.memFile(8192)) {
      sendAndFail(Request.SET_MEM_TABLE, region(-4096, 8192, 0, 0), "64 bits", file);
    }
  }

  @Test
  void nineMemoryRegions() throws Exception {
    sendAndFail(Request.SET_MEM_TABLE, FakeVmm.payload(8 + 8 * 32).putInt(0, 9), "9 regions");
  }

  @Test
  void tableShorterThanItsCount() throws Exception {
    sendAndFail(Request.SET_MEM_TABLE, FakeVmm.payload(40).putInt(0, 2), "2 regions in 40");
  }

  @Test
  void ringThatAVsockDeviceDoesNotHave() throws Exception {
    sendAndFail(Request.SET_VRING_NUM, FakeVmm.state(2, 128), "ring 2");
  }

  @Test
  void sizeThatIsNoPowerOfTwo() throws Exception {
    sendAndFail(Request.SET_VRING_NUM, FakeVmm.state(0, 100), "size of 100");
  }

  @Test
  void baseOfMoreThanSixteenBits() throws Exception {
    sendAndFail(Request.SET_VRING_BASE, FakeVmm.state(0, 65536), "base 65536");
  }

  @Test
  void enableThatIsNeither() throws Exception {
    sendAndFail(Request.SET_VRING_ENABLE, FakeVmm.state(0, 2), "state 2");
  }

  @Test
  void featuresThatWereNotOffered() throws Exception {
    sendAndFail(Request.SET_FEATURES, FakeVmm.u64(4), "features 0x4");
  }

  @Test
  void protocolFeaturesThatWereNotOffered() throws Exception {
    sendAndFail(Request.SET_PROTOCOL_FEATURES, FakeVmm.u64(2), "protocol features 0x2");
  }

  @Test
  void ringOutsideMemory() throws Exception {
    vmm.realize();
    vmm.prepare(FakeVmm.ALL_FEATURES, 0, 0);
    ByteBuffer addresses = vmm.addresses(vmm.rx, 0x1000, 0x2000, 0x1800);
    vmm.tell(Request.SET_VRING_ADDR, addresses.putLong(16, 0x10));
    sendAndFail(Request.SET_VRING_ENABLE, FakeVmm.state(0, 1), "the used ring of ring 0");
  }

  @Test
  void misalignedRing() throws Exception {
    vmm.realize();
    vmm.prepare(FakeVmm.ALL_FEATURES, 0, 0);
    vmm.tell(Request.SET_VRING_ADDR, vmm.addresses(vmm.rx, 0x1008, 0x2000, 0x1800));
    sendAndFail(Request.SET_VRING_ENABLE, FakeVmm.state(0, 1), "not a multiple of 16");
  }

  @Test
  void changesToARunningRing() throws Exception {
    vmm.boot();
    sendAndFail(Request.SET_VRING_NUM, FakeVmm.state(1, 8), "while the ring runs");
  }
}
