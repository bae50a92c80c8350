package dev.vsocklab.qemu.vhostuser;

/** Something that the device does not survive; the message is what the user reads. */
final class DeviceFailure extends Exception {
  private static final long serialVersionUID = 1L;

  DeviceFailure(String sentence) {
    super(sentence);
  }

  DeviceFailure(String sentence, Throwable cause) {
    super(sentence, cause);
  }

  /** What ended the device, in a sentence, whatever it was. */
  static DeviceFailure because(Throwable cause) {
    if (cause instanceof DeviceFailure failure) {
      return failure;
    }
    if (cause instanceof InternalError) {
      return new DeviceFailure(
          "The guest's memory was taken away while the device used it (" + cause + ").", cause);
    }
    return new DeviceFailure("The vhost-user device broke: " + cause, cause);
  }
}
