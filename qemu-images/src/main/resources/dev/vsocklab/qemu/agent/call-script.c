/*
 * Scripts: many socket calls of one kernel for one frame, with a record of what each call gave. So
 * a scenario of fifty calls on eight sockets costs no round trip to the JVM, and thousands of them
 * run in a minute.
 *
 * QUIESCENCE. A record is worth something only if the kernel is still when it is taken: a packet
 * that the loopback transport's worker has not carried yet would show a step later, or not. While
 * scripts run, this thread is therefore under SCHED_IDLE. On one virtual CPU every kernel thread
 * that a call wakes goes first, before the call returns to this program; sched_yield after each
 * call makes that sure. So nothing here sleeps to wait for the kernel.
 *
 * THE FORMAT, all numbers little-endian. The body of a SCRIPT frame is a row of scripts:
 *
 *     u32 first port; u32 number of steps; steps of 20 bytes:
 *         u16 call; u16 slot; u32 x; u32 y; u64 z
 *
 * and its answer, after the errno, a row of outcomes of 24 bytes, one for each step in order:
 *
 *     i32 result, negative for an errno; u32 flags; u64 value; 8 times u8 readiness of a slot:
 *         0 empty, else 0x80 and 1 POLLIN, 2 POLLOUT, 4 POLLERR, 8 POLLHUP, 16 POLLRDHUP
 *
 *   call                x                y              z           value
 *    1 SOCKET           type
 *    2 BIND             cid              port
 *    3 LISTEN           backlog
 *    4 CONNECT          cid              port           1 to wait
 *    5 ACCEPT           into which slot
 *    6 SEND             length           MSG flags
 *    7 RECEIVE          length           MSG flags                  hash of the bytes
 *    8 SHUTDOWN         how
 *    9 CLOSE
 *   10 SET              option                          value
 *   11 GET              option                                      value
 *   12 TAKE_ERROR                                                   errno
 *   13 UNREAD                                                       bytes
 *   14 UNSENT                                                       bytes
 *   15 LOCAL_ADDRESS                                                cid << 32 | port
 *   16 REMOTE_ADDRESS                                               cid << 32 | port
 *
 * A step on an empty slot makes no call and gives EBADF; one that would fill a slot that is not
 * empty makes none and gives EBUSY. At a script's end all slots are closed, in order.
 *
 * PORTS are symbols, so that scripts can have ports of their own: 0 to 15 count from the script's
 * first port, 0x100 + s is what slot s has for its own port now, ANY stands for itself. In a value
 * a port that the kernel chose is 0x1000 and the count of such ports seen before in the script.
 *
 * TIME. A call that waits must end: SOCKET and ACCEPT give every socket SO_RCVTIMEO and SO_SNDTIMEO
 * of 4 ms, SOCKET also a connect timeout of 200 ms. ACCEPT never waits. Options of time count in ms.
 */
#define _GNU_SOURCE
#include "call-script.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <linux/sockios.h>
#include <linux/vm_sockets.h>

#define SLOTS 8u
#define SCRIPT_BYTES 8u
#define STEP_BYTES 20u

#define OWN_PORTS 16u
#define PORT_OF_SLOT 0x100u
#define PORT_CHOSEN 0x1000u
#define MAX_CHOSEN 64u

#define WAIT_MS 4
#define CONNECT_WAIT_MS 200

/* Bytes; no send or receive is longer. */
#define MAX_LENGTH (384u * 1024)

/* A socket's byte n is byte (n + slot * PATTERN_SHIFT) % PATTERN_PERIOD of the pattern. */
#define PATTERN_PERIOD 65521u
#define PATTERN_SHIFT 8191u

enum {
  SOCKET = 1,
  BIND,
  LISTEN,
  CONNECT,
  ACCEPT,
  SEND,
  RECEIVE,
  SHUTDOWN,
  CLOSE,
  SET,
  GET,
  TAKE_ERROR,
  UNREAD,
  UNSENT,
  LOCAL_ADDRESS,
  REMOTE_ADDRESS,
};

enum {
  BUFFER_SIZE,
  BUFFER_MIN_SIZE,
  BUFFER_MAX_SIZE,
  CONNECT_TIMEOUT,
  RECEIVE_TIMEOUT,
  SEND_TIMEOUT,
  RECEIVE_LOW_WATER,
  LINGER,
  OPTIONS,
};

/* How each option stands in Linux. */
static const struct {
  int level, name;
  enum { SIZE, TIME, COUNT, LINGER_TIME } kind;
} options[OPTIONS] = {
    [BUFFER_SIZE] = {AF_VSOCK, SO_VM_SOCKETS_BUFFER_SIZE, SIZE},
    [BUFFER_MIN_SIZE] = {AF_VSOCK, SO_VM_SOCKETS_BUFFER_MIN_SIZE, SIZE},
    [BUFFER_MAX_SIZE] = {AF_VSOCK, SO_VM_SOCKETS_BUFFER_MAX_SIZE, SIZE},
    [CONNECT_TIMEOUT] = {AF_VSOCK, SO_VM_SOCKETS_CONNECT_TIMEOUT, TIME},
    [RECEIVE_TIMEOUT] = {SOL_SOCKET, SO_RCVTIMEO, TIME},
    [SEND_TIMEOUT] = {SOL_SOCKET, SO_SNDTIMEO, TIME},
    [RECEIVE_LOW_WATER] = {SOL_SOCKET, SO_RCVLOWAT, COUNT},
    [LINGER] = {SOL_SOCKET, SO_LINGER, LINGER_TIME},
};

struct step {
  uint16_t call, slot;
  uint32_t x, y;
  uint64_t z;
} __attribute__((packed));
_Static_assert(sizeof(struct step) == STEP_BYTES, "as the format says");

struct outcome {
  int32_t result;
  uint32_t flags;
  uint64_t value;
  uint8_t readiness[SLOTS];
};
_Static_assert(sizeof(struct outcome) == 24, "as the format says");

/* The script that runs. */
static struct {
  uint32_t first_port;
  int fd[SLOTS];       /* -1 if empty */
  uint64_t sent[SLOTS]; /* bytes ever, by the socket that is there now */
  uint32_t chosen[MAX_CHOSEN];
  unsigned chosen_count;
} script;

static uint8_t *pattern, *received;

static bool prepare_memory(void) {
  if (pattern != NULL) return true;
  received = malloc(MAX_LENGTH);
  pattern = malloc(PATTERN_PERIOD + MAX_LENGTH);
  if (received == NULL || pattern == NULL) return false;
  for (uint32_t i = 0; i < PATTERN_PERIOD + MAX_LENGTH; i++) {
    pattern[i] = (uint8_t)((i % PATTERN_PERIOD * 2654435761u) >> 24);
  }
  return true;
}

/* 0 for no bytes, else a mix of all of them, eight at a time. */
static uint64_t hash_of(const uint8_t *bytes, size_t length) {
  if (length == 0) return 0;
  uint64_t hash = length;
  while (length > 0) {
    size_t count = length < 8 ? length : 8;
    uint64_t word = 0;
    memcpy(&word, bytes, count);
    hash = (hash ^ word) * 0x9E3779B97F4A7C15u;
    hash ^= hash >> 29;
    bytes += count;
    length -= count;
  }
  return hash;
}

/* ---------------------------------------------------------------- ports */

static uint32_t port_of(uint32_t symbol) {
  if (symbol < OWN_PORTS) return script.first_port + symbol;
  if (symbol < PORT_OF_SLOT || symbol >= PORT_OF_SLOT + SLOTS) return symbol;
  struct sockaddr_vm address = {.svm_port = VMADDR_PORT_ANY};
  socklen_t length = sizeof address;
  int fd = script.fd[symbol - PORT_OF_SLOT];
  if (fd < 0 || getsockname(fd, (struct sockaddr *)&address, &length) < 0) return VMADDR_PORT_ANY;
  return address.svm_port;
}

static uint32_t symbol_of(uint32_t port) {
  if (port == VMADDR_PORT_ANY) return port;
  if (port - script.first_port < OWN_PORTS) return port - script.first_port;
  unsigned index = 0;
  while (index < script.chosen_count && script.chosen[index] != port) index++;
  if (index == script.chosen_count && index < MAX_CHOSEN) {
    script.chosen[script.chosen_count++] = port;
  }
  return PORT_CHOSEN + index;
}

static struct sockaddr_vm address_of(uint32_t cid, uint32_t symbol) {
  return (struct sockaddr_vm){
      .svm_family = AF_VSOCK, .svm_cid = cid, .svm_port = port_of(symbol)};
}

/* ---------------------------------------------------------------- options */

static int set_option(int fd, uint32_t option, uint64_t value) {
  union {
    uint64_t size;
    struct timeval time;
    int count;
    struct linger linger;
  } v;
  socklen_t length = 0;
  int64_t signed_value = (int64_t)value;
  switch (options[option].kind) {
    case SIZE:
      v.size = value;
      length = sizeof v.size;
      break;
    case TIME:
      v.time.tv_sec = signed_value / 1000;
      v.time.tv_usec = signed_value % 1000 * 1000;
      length = sizeof v.time;
      break;
    case COUNT:
      v.count = (int)value;
      length = sizeof v.count;
      break;
    case LINGER_TIME:
      v.linger = (struct linger){.l_onoff = signed_value >= 0,
                                 .l_linger = signed_value < 0 ? 0 : (int)signed_value};
      length = sizeof v.linger;
      break;
  }
  return setsockopt(fd, options[option].level, options[option].name, &v, length);
}

static int get_option(int fd, uint32_t option, uint64_t *value) {
  union {
    uint64_t size;
    struct timeval time;
    int count;
    struct linger linger;
  } v;
  memset(&v, 0, sizeof v);
  static const socklen_t lengths[] = {[SIZE] = sizeof v.size,
                                      [TIME] = sizeof v.time,
                                      [COUNT] = sizeof v.count,
                                      [LINGER_TIME] = sizeof v.linger};
  socklen_t length = lengths[options[option].kind];
  int result = getsockopt(fd, options[option].level, options[option].name, &v, &length);
  if (result < 0) return result;
  switch (options[option].kind) {
    case SIZE: *value = v.size; break;
    case TIME: *value = (uint64_t)(v.time.tv_sec * 1000 + v.time.tv_usec / 1000); break;
    case COUNT: *value = (uint64_t)(int64_t)v.count; break;
    case LINGER_TIME: *value = v.linger.l_onoff ? (uint64_t)v.linger.l_linger : UINT64_MAX; break;
  }
  return 0;
}

/* ---------------------------------------------------------------- calls */

static void set_waits(int fd, bool waits) {
  int flags = fcntl(fd, F_GETFL);
  fcntl(fd, F_SETFL, waits ? flags & ~O_NONBLOCK : flags | O_NONBLOCK);
}

static void limit_waits(int fd) {
  set_option(fd, RECEIVE_TIMEOUT, WAIT_MS);
  set_option(fd, SEND_TIMEOUT, WAIT_MS);
}

static int fill_slot(uint32_t slot, int fd) {
  if (fd < 0) return -1;
  limit_waits(fd);
  script.fd[slot] = fd;
  script.sent[slot] = 0;
  return 0;
}

static int open_socket(const struct step *step) {
  int fd = socket(AF_VSOCK, (int)step->x | SOCK_CLOEXEC, 0);
  if (fd >= 0) set_option(fd, CONNECT_TIMEOUT, CONNECT_WAIT_MS);
  return fill_slot(step->slot, fd);
}

static int connect_socket(int fd, const struct step *step) {
  struct sockaddr_vm address = address_of(step->x, step->y);
  set_waits(fd, step->z != 0);
  int result = connect(fd, (struct sockaddr *)&address, sizeof address);
  int error = errno;
  set_waits(fd, true);
  errno = error;
  return result;
}

static int accept_socket(int fd, const struct step *step) {
  set_waits(fd, false);
  int accepted = accept4(fd, NULL, NULL, SOCK_CLOEXEC);
  int error = errno;
  set_waits(fd, true);
  errno = error;
  return fill_slot(step->x, accepted);
}

static ssize_t send_bytes(int fd, const struct step *step) {
  uint64_t *sent = &script.sent[step->slot];
  const uint8_t *bytes = pattern + (*sent + step->slot * PATTERN_SHIFT) % PATTERN_PERIOD;
  ssize_t count = send(fd, bytes, step->x, (int)step->y | MSG_NOSIGNAL);
  if (count > 0) *sent += (uint64_t)count;
  return count;
}

static ssize_t receive_bytes(int fd, const struct step *step, struct outcome *outcome) {
  struct iovec bytes = {.iov_base = received, .iov_len = step->x};
  struct msghdr message = {.msg_iov = &bytes, .msg_iovlen = 1};
  ssize_t count = recvmsg(fd, &message, (int)step->y);
  if (count < 0) return count;
  outcome->flags = (uint32_t)message.msg_flags & (MSG_EOR | MSG_TRUNC);
  outcome->value = hash_of(received, (size_t)count < step->x ? (size_t)count : step->x);
  return count;
}

static int take_error(int fd, uint64_t *value) {
  int error = 0;
  socklen_t length = sizeof error;
  int result = getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length);
  *value = (uint64_t)error;
  return result;
}

static int queued_bytes(int fd, unsigned long request, uint64_t *value) {
  int bytes = 0;
  int result = ioctl(fd, request, &bytes);
  *value = result < 0 ? 0 : (uint64_t)bytes;
  return result;
}

static int name_of(int fd, uint16_t call, uint64_t *value) {
  struct sockaddr_vm address;
  socklen_t length = sizeof address;
  int result = call == LOCAL_ADDRESS ? getsockname(fd, (struct sockaddr *)&address, &length)
                                     : getpeername(fd, (struct sockaddr *)&address, &length);
  if (result < 0) return result;
  *value = (uint64_t)address.svm_cid << 32 | symbol_of(address.svm_port);
  return 0;
}

static int close_slot(uint32_t slot) {
  int fd = script.fd[slot];
  script.fd[slot] = -1;
  return close(fd);
}

/* -1 with errno set, as the calls themselves. */
static ssize_t run_call(int fd, const struct step *step, struct outcome *outcome) {
  switch (step->call) {
    case SOCKET: return open_socket(step);
    case BIND: {
      struct sockaddr_vm address = address_of(step->x, step->y);
      return bind(fd, (struct sockaddr *)&address, sizeof address);
    }
    case LISTEN: return listen(fd, (int)step->x);
    case CONNECT: return connect_socket(fd, step);
    case ACCEPT: return accept_socket(fd, step);
    case SEND: return send_bytes(fd, step);
    case RECEIVE: return receive_bytes(fd, step, outcome);
    case SHUTDOWN: return shutdown(fd, (int)step->x);
    case CLOSE: return close_slot(step->slot);
    case SET: return set_option(fd, step->x, step->z);
    case GET: return get_option(fd, step->x, &outcome->value);
    case TAKE_ERROR: return take_error(fd, &outcome->value);
    case UNREAD: return queued_bytes(fd, SIOCINQ, &outcome->value);
    case UNSENT: return queued_bytes(fd, SIOCOUTQ, &outcome->value);
    default: return name_of(fd, step->call, &outcome->value);
  }
}

static bool is_sound(const struct step *step) {
  if (step->slot >= SLOTS) return false;
  switch (step->call) {
    case ACCEPT: return step->x < SLOTS;
    case SEND:
    case RECEIVE: return step->x <= MAX_LENGTH;
    case SET:
    case GET: return step->x < OPTIONS;
    default: return step->call >= SOCKET && step->call <= REMOTE_ADDRESS;
  }
}

/* An errno if the step's slots do not allow it, else 0. */
static int check_slots(const struct step *step) {
  bool empty = script.fd[step->slot] < 0;
  if (step->call == SOCKET) return empty ? 0 : EBUSY;
  if (empty) return EBADF;
  return step->call == ACCEPT && script.fd[step->x] >= 0 ? EBUSY : 0;
}

static uint8_t readiness_of(const struct pollfd *polled) {
  if (polled->fd < 0) return 0;
  int events = polled->revents;
  return (uint8_t)(0x80 | ((events & POLLIN) != 0) | ((events & POLLOUT) != 0) << 1 |
                   ((events & POLLERR) != 0) << 2 | ((events & POLLHUP) != 0) << 3 |
                   ((events & POLLRDHUP) != 0) << 4);
}

static void record_readiness(uint8_t readiness[SLOTS]) {
  struct pollfd fds[SLOTS];
  for (uint32_t slot = 0; slot < SLOTS; slot++) {
    fds[slot] = (struct pollfd){.fd = script.fd[slot], .events = POLLIN | POLLOUT | POLLRDHUP};
  }
  poll(fds, SLOTS, 0);
  for (uint32_t slot = 0; slot < SLOTS; slot++) readiness[slot] = readiness_of(&fds[slot]);
}

static void run_step(const struct step *step, struct outcome *outcome) {
  int refused = check_slots(step);
  if (refused != 0) {
    outcome->result = -refused;
  } else {
    ssize_t result = run_call(script.fd[step->slot], step, outcome);
    outcome->result = result < 0 ? -errno : (int32_t)result;
    sched_yield();
  }
  record_readiness(outcome->readiness);
}

static const uint8_t *run_script(const uint8_t *at, uint32_t steps,
                                 void (*put)(const void *, size_t)) {
  script.chosen_count = 0;
  for (uint32_t slot = 0; slot < SLOTS; slot++) script.fd[slot] = -1;
  for (uint32_t i = 0; i < steps; i++, at += STEP_BYTES) {
    struct step step;
    memcpy(&step, at, sizeof step);
    struct outcome outcome = {.result = -EBADMSG};
    if (is_sound(&step)) run_step(&step, &outcome);
    put(&outcome, sizeof outcome);
  }
  for (uint32_t slot = 0; slot < SLOTS; slot++) {
    if (script.fd[slot] >= 0) close_slot(slot);
    sched_yield();
  }
  return at;
}

int run_scripts(const uint8_t *scripts, size_t length, void (*put)(const void *, size_t)) {
  if (!prepare_memory()) return ENOMEM;
  const uint8_t *at = scripts, *end = scripts + length;
  const struct sched_param none = {.sched_priority = 0};
  int error = sched_setscheduler(0, SCHED_IDLE, &none) < 0 ? errno : 0;
  while (error == 0 && at < end) {
    uint32_t head[2];
    if ((size_t)(end - at) < SCRIPT_BYTES) {
      error = EBADMSG;
      break;
    }
    memcpy(head, at, sizeof head);
    at += SCRIPT_BYTES;
    if (head[1] > (size_t)(end - at) / STEP_BYTES) {
      error = EBADMSG;
      break;
    }
    script.first_port = head[0];
    at = run_script(at, head[1], put);
  }
  sched_setscheduler(0, SCHED_OTHER, &none);
  return error;
}
