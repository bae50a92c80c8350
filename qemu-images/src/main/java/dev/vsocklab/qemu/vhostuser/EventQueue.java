package dev.vsocklab.qemu.vhostuser;

/**
 * Where a guest's driver put the device's third queue, on which the device tells it of events. QEMU
 * keeps that queue to itself and vhost-user does not speak of it; but it lies in the guest's
 * memory, and QEMU's monitor tells where.
 *
 * @param size its descriptors
 * @param descriptorAddress guest-physical address of the descriptor table
 * @param availAddress guest-physical address of the avail ring
 * @param usedAddress guest-physical address of the used ring
 */
public record EventQueue(int size, long descriptorAddress, long availAddress, long usedAddress) {}
