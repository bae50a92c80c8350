/*
 * vsock-agent: the JVM's arm inside a kernel. It makes socket calls there, call by call, and hands
 * back the result or the errno; it also starts the programs that a test puts there.
 *
 * As PID 1 of a guest it first prepares the machine (prepare_machine) and powers it off when the
 * JVM's end hangs up. As an ordinary program it serves the end that its arguments name and exits
 * with it:
 *
 *     vsock-agent --port NAME      the virtio-serial port of that name
 *     vsock-agent --device PATH    a character device
 *     vsock-agent --socket PATH    a Unix-domain socket, to which it connects
 *
 * Read main() last and serve() first: one thread, one epoll. A READ, WRITE, ACCEPT or POLL that
 * would block is parked on its object as a struct request and tried again when the kernel reports a
 * change there. So one call may wait while others run, closing an object answers its parked calls
 * with EBADF, and on one virtual CPU no call pays for a switch between threads. What no trying again
 * can stand for sleeps in the kernel, each in a thread of its own, as a struct task: a CONNECT, RECV
 * or SEND that waits, and a close that lingers.
 *
 * Build: gcc -static -O2 -Wall -Wextra -Werror -o vsock-agent vsock-agent.c call-script.c
 *
 *
 * THE PROTOCOL, version 1
 *
 * Frames both ways, all numbers little-endian, a string is a u16 length and that many bytes:
 *
 *     u32 length of what follows; u32 id; u16 op; body
 *
 * The JVM chooses the id; it names the call until the answer. An answer has the same id, the op with
 * bit 15 set, and a body that begins with a u32 errno, 0 for success; the fields below follow on
 * success only, unless said otherwise. Calls are taken in order; a call that waits lets later ones
 * overtake it. A timeout is a u64 in nanoseconds, 0 for a non-blocking call, 2^62 and above for
 * ever; one that runs out gives EAGAIN. A handle is a u32 that this agent gave; any other gives
 * EBADF. A body of the wrong shape gives EBADMSG; a frame longer than MAX_FRAME_IN ends the
 * connection, because where the next one begins is then unknown.
 *
 *   op               call                                     answer
 *    1 HELLO         u32 version                              u32 version, u32 max read, u32 write
 *                                                             window, u32 pid, string release,
 *                                                             string machine
 *    2 RESET                                                  (all is closed, killed and removed;
 *                                                             ESTALE if a file of the machine's
 *                                                             own was changed meanwhile)
 *    3 GET_LOG                                                the last log lines, as text
 *    4 LOCAL_CID                                              u32 cid
 *    5 SOCKET        u32 type (1 stream, 5 seqpacket)         u32 handle
 *    6 BIND          u32 handle, u32 cid, u32 port
 *    7 LISTEN        u32 handle, u32 backlog
 *    8 ACCEPT        u32 handle, u64 timeout                  u32 handle
 *    9 CONNECT       u32 handle, u32 cid, u32 port,           (EINPROGRESS if it does not wait)
 *                    u32 wait (0 or 1)
 *   10 READ          u32 handle, u32 most, u64 timeout        the bytes; none at the end of stream
 *   11 WRITE         u32 handle, u32 total, u64 timeout,      u32 written, also beside an errno;
 *                    the first bytes                          errno only if written is 0
 *   12 DATA          (id of a WRITE) further bytes            no answer; see below
 *   13 SHUTDOWN      u32 handle, u32 how (0, 1, 2)
 *   14 POLL          u32 handle, u32 events, u64 timeout      u32 events, 0 if none in time
 *   15 WATCH         u32 handle, u32 events                   u32 events, when one holds; ECANCELED
 *                                                             if a later WATCH takes its place
 *   16 SETSOCKOPT    u32 handle, u32 level, u32 name, value
 *   17 GETSOCKOPT    u32 handle, u32 level, u32 name,         value
 *                    u32 length
 *   18 GETSOCKNAME   u32 handle                               u32 cid, u32 port
 *   19 GETPEERNAME   u32 handle                               u32 cid, u32 port
 *   20 CLOSE         u32 handle
 *   21 CREATE        string path, u32 mode                    u32 handle: WRITE to it, then CLOSE
 *   22 MKDIR         string path, u32 mode                    (parents too; existing is well)
 *   23 START         u16 n, n strings argv, u16 n,            u32 program, u32 stdin, u32 stdout,
 *                    n strings env, string cwd                u32 stderr, u32 pid; the middle three
 *                                                             for WRITE, READ and CLOSE
 *   24 WAIT          u32 program, u64 timeout                 u32 0 exited, 1 killed; u32 status or
 *                                                             signal
 *   25 KILL          u32 program, u32 signal                  (the program and what it started)
 *   26 SCRIPT        scripts, see call-script.c               records; no other call runs meanwhile
 *   27 RECV          u32 handle, u32 most, u32 flags,         u32 what recvmsg gave, u32 msg_flags,
 *                    u32 wait (0 or 1)                        the bytes
 *   28 SEND          u32 handle, u32 total, u32 flags,        u32 what sendmsg gave
 *                    u32 wait (0 or 1), the first bytes
 *   29 QUEUED        u32 handle, u32 which (0 SIOCINQ,        u32 bytes
 *                    1 SIOCOUTQ)
 *   30 PRIVILEGE     u32 may (0 or 1) bind ports below 1024   (RESET gives it back)
 *   31 PUT           string path, u32 mode, the whole file    (CREATE, WRITE and CLOSE in one)
 *   32 LISTENS       u32 port                                 u32 0 or 1: whether a vsock socket of
 *                                                             this kernel listens there
 *   33 RENEW         u64 wall clock in ns, 16 to 512 random   (EPERM unless the agent is init)
 *                    bytes
 *
 * READ, WRITE, ACCEPT and POLL are the agent's own waiting, with any timeout; SO_RCVTIMEO and
 * SO_SNDTIMEO shorten it where they are set. RECV, SEND and CONNECT are one call of the kernel's
 * each: with wait 0 it is made non-blocking, with wait 1 it waits there, as long and for as much as
 * the kernel says. Closing the socket ends it: EBADF.
 *
 * A SEND longer than its first bytes goes on in DATA frames with its id, as fast as the JVM likes,
 * up to MAX_MESSAGE; the call is made when all is there, because a message must go in one.
 *
 * RENEW is for a machine that was restored from a file: its wall clock stopped when it was saved, and
 * its kernel would draw the same random numbers as every other one that is restored from it. Nothing
 * else tells the agent of a restore: its port was connected before and is connected after. So HELLO
 * may come again at any time.
 *
 * A WRITE longer than its first bytes is a stream: DATA frames with its id bring the rest, never
 * more than the write window ahead of the last PROGRESS frame (op 12 with bit 15 set, its body the
 * u32 count that the kernel took so far, no errno). The answer may come before all data did, for
 * example with EPIPE; what is still under way for that id is thrown away. So the count is exact
 * whatever happens.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <malloc.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <linux/capability.h>
#include <linux/module.h>
#include <linux/netlink.h>
#include <linux/random.h>
#include <linux/sock_diag.h>
#include <linux/sockios.h>
#include <linux/vm_sockets.h>
#include <linux/vm_sockets_diag.h>

#include "call-script.h"

#define PROTOCOL_VERSION 1
#define PORT_NAME "dev.vsocklab.agent"

enum {
  OP_HELLO = 1,
  OP_RESET,
  OP_GET_LOG,
  OP_LOCAL_CID,
  OP_SOCKET,
  OP_BIND,
  OP_LISTEN,
  OP_ACCEPT,
  OP_CONNECT,
  OP_READ,
  OP_WRITE,
  OP_DATA,
  OP_SHUTDOWN,
  OP_POLL,
  OP_WATCH,
  OP_SETSOCKOPT,
  OP_GETSOCKOPT,
  OP_GETSOCKNAME,
  OP_GETPEERNAME,
  OP_CLOSE,
  OP_CREATE,
  OP_MKDIR,
  OP_START,
  OP_WAIT,
  OP_KILL,
  OP_SCRIPT,
  OP_RECV,
  OP_SEND,
  OP_QUEUED,
  OP_PRIVILEGE,
  OP_PUT,
  OP_LISTENS,
  OP_RENEW,
};
#define ANSWER 0x8000u

/* Bytes. A stream socket has at most 256 KiB to give with its default buffer. */
#define FRAME_HEADER 10u
#define MAX_FRAME_IN (64u * 1024 + 256)
#define MAX_READ (256u * 1024)
#define MAX_MESSAGE (64u * 1024 * 1024) /* RECV and SEND */
#define WRITE_WINDOW (128u * 1024)
#define PROGRESS_STEP (64u * 1024)
#define OUT_HIGH_WATER (1024u * 1024) /* above it nothing is read for the JVM, nor from it */
#define LOG_BYTES (64u * 1024)

#define MAX_OPTION 64u
#define MIN_RANDOM 16u
#define MAX_RANDOM 512u
#define MAX_STRINGS 1024u
#define TASK_STACK (32u * 1024)
#define STACKS_AT_ONCE 16u
#define KEPT_HEAP (4 * 1024 * 1024)
#define WAKE_AGAIN_MS 5
#define PORT_DEADLINE_MS 30000

#define FOREVER ((uint64_t)1 << 62) /* ns */

#define INDEX_BITS 13
#define MAX_OBJECTS (1u << INDEX_BITS)
#define MAX_GENERATION ((1u << (32 - INDEX_BITS)) - 1)

/* What epoll hands back: an object's handle, or one of these, which no u32 handle can be. */
#define EVENT_PORT ((uint64_t)1 << 32)
#define EVENT_CHILD ((uint64_t)2 << 32)
#define EVENT_TASK ((uint64_t)3 << 32)

enum kind { SOCKET_OBJECT, STREAM_OBJECT, FILE_OBJECT, PROGRAM_OBJECT };

/* A call that waits. */
struct request {
  uint32_t id;
  uint16_t op;
  struct object *object;
  struct request *next; /* in the object's queue */

  uint64_t deadline; /* CLOCK_MONOTONIC ns, FOREVER if none */
  struct request *timer_next, *timer_previous;

  uint32_t most;   /* READ: bytes */
  uint32_t events; /* POLL, WATCH */
  uint32_t flags;  /* SEND */

  /*
   * WRITE: of total bytes the kernel took done, buffered follow, the rest has not come yet.
   * SEND: done stays 0.
   */
  uint32_t total, done, acknowledged;
  uint8_t *data;
  uint32_t data_offset, data_length, data_capacity;
  bool never_waits;
};

struct queue {
  struct request *head, *tail;
};

/* What a handle stands for. The queues hold calls in the order in which they came. */
struct object {
  uint32_t handle;
  enum kind kind;
  int fd; /* -1 for a program */
  bool lingers;
  struct queue readers; /* READ, ACCEPT; WAIT of a program */
  struct queue writers; /* WRITE */
  struct queue pollers; /* POLL, and at most one WATCH */
  struct queue senders; /* SEND that has not come whole */

  struct task *tasks;    /* calls that sleep in the kernel; while there are any the fd blocks */
  atomic_uint toggles;   /* odd while it does not block for a moment all the same */
  struct object *leaver; /* next of those that wait for their tasks to be closed */
  bool answer_close;
  uint32_t close_id;

  pid_t pid; /* program only; 0 once it was reaped */
  int wait_status;
};

/*
 * A call that sleeps in the kernel, in a worker's thread. The thread touches what is said so and
 * hands the task back through task_pipe when it is done.
 */
struct task {
  struct task *next;     /* of the object's */
  struct object *object; /* NULL for a CLOSE, whose object is gone already */
  struct worker *worker;
  uint32_t id;
  uint16_t op;

  /* The thread reads these */
  int fd, flags;
  struct sockaddr_vm address;
  uint32_t length; /* of data */
  uint8_t *data;   /* RECV: written by the thread */

  /* The thread writes these */
  ssize_t result;
  int error, message_flags;
};

/* A thread that makes calls, one task after another. Its fields are the loop's, but for the wake. */
struct worker {
  pthread_t thread;
  sem_t wake;
  struct task *task;
  struct worker *next_idle;
};

struct slot {
  struct object *object;
  uint32_t generation;
  uint32_t next_free;
};

/* A file or folder that the machine has of itself, as it was before the first call. */
struct original {
  struct original *next;
  struct stat status;
  char *path;
};

/* A file or folder that RESET removes, latest first. */
struct upload {
  struct upload *next;
  char *path;
};

struct buffer {
  uint8_t *data;
  size_t head, tail, capacity;
};

/* A frame's body while it is being taken apart; bad once it ended too early. */
struct body {
  const uint8_t *at, *end;
  bool bad;
};

static struct slot slots[MAX_OBJECTS];
static uint32_t free_slot; /* 0 if none: slot 0 is never used */
static uint32_t unused_slot = 1;

static struct request *timers; /* earliest first */
static struct upload *uploads;
static struct original *originals; /* PID 1's alone */
static bool originals_changed;

static bool is_init;
static bool hang_up_is_normal; /* a virtio-serial port before the JVM's end first connects */
static int port_fd = -1, epoll_fd = -1, child_fd = -1;
static int task_pipe[2] = {-1, -1};
static struct object *leavers;
static struct worker *idle_workers; /* kept: to start a thread costs more than most calls */
static uint8_t *stacks;             /* of threads to come */
static uint32_t stacks_left;
static struct buffer in, out;
static bool want_output, paused; /* what epoll watches the port for */
static bool deferred_reads;

static bool reset_waits; /* until every program is reaped and every task is done */
static uint32_t reset_id;
static bool unprivileged;

static char log_text[LOG_BYTES];
static size_t log_length;

static void serve_object(struct object *object);
static void end_agent(const char *why) __attribute__((noreturn));

/* ---------------------------------------------------------------- time, memory, log */

static uint64_t now_ns(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static void *must(void *memory) {
  if (memory == NULL) end_agent("out of memory");
  return memory;
}

/* One line, with the seconds since boot; the oldest half goes when the buffer is full. */
__attribute__((format(printf, 1, 2))) static void log_line(const char *format, ...) {
  char line[512];
  uint64_t ms = now_ns() / 1000000u;
  int head = snprintf(line, sizeof line, "%llu.%03llu ", (unsigned long long)(ms / 1000),
                      (unsigned long long)(ms % 1000));
  va_list arguments;
  va_start(arguments, format);
  int text = vsnprintf(line + head, sizeof line - (size_t)head - 1, format, arguments);
  va_end(arguments);
  size_t length = (size_t)head + (text < 0 ? 0 : (size_t)text);
  if (length > sizeof line - 2) length = sizeof line - 2;
  line[length++] = '\n';
  if (log_length + length > LOG_BYTES) {
    char *keep = memchr(log_text + log_length / 2, '\n', log_length - log_length / 2);
    size_t gone = keep == NULL ? log_length : (size_t)(keep + 1 - log_text);
    memmove(log_text, log_text + gone, log_length - gone);
    log_length -= gone;
  }
  memcpy(log_text + log_length, line, length);
  log_length += length;
}

/* For what a person must see although nobody can ask for the log: the console or stderr. */
__attribute__((format(printf, 1, 2))) static void say(const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  fputs("vsock-agent: ", stderr);
  vfprintf(stderr, format, arguments);
  fputc('\n', stderr);
  va_end(arguments);
}

/* ---------------------------------------------------------------- frames out */

static uint8_t *out_space(size_t length) {
  if (out.capacity - out.tail < length) {
    size_t capacity = out.capacity == 0 ? 64 * 1024 : out.capacity;
    while (capacity - out.tail < length) capacity *= 2;
    out.data = must(realloc(out.data, capacity));
    out.capacity = capacity;
  }
  return out.data + out.tail;
}

static void put_bytes(const void *bytes, size_t length) {
  memcpy(out_space(length), bytes, length);
  out.tail += length;
}

static void put_u16(uint16_t value) { put_bytes(&value, sizeof value); }
static void put_u32(uint32_t value) { put_bytes(&value, sizeof value); }

static void put_string(const char *text) {
  size_t length = strlen(text);
  put_u16((uint16_t)length);
  put_bytes(text, length);
}

/* Returns where the frame begins; end_frame needs it. */
static size_t begin_frame(uint32_t id, uint16_t op) {
  size_t frame = out.tail;
  put_u32(0);
  put_u32(id);
  put_u16((uint16_t)(op | ANSWER));
  return frame;
}

static void end_frame(size_t frame) {
  uint32_t length = (uint32_t)(out.tail - frame - sizeof length);
  memcpy(out.data + frame, &length, sizeof length);
}

static size_t begin_answer(uint32_t id, uint16_t op, int error) {
  size_t frame = begin_frame(id, op);
  put_u32((uint32_t)error);
  return frame;
}

static void answer(uint32_t id, uint16_t op, int error) { end_frame(begin_answer(id, op, error)); }

static void answer_u32(uint32_t id, uint16_t op, uint32_t value) {
  size_t frame = begin_answer(id, op, 0);
  put_u32(value);
  end_frame(frame);
}

/* An errno that a person will read: with the kernel's words for it. */
static void answer_text(uint32_t id, uint16_t op, int error) {
  size_t frame = begin_answer(id, op, error);
  if (error != 0) put_string(strerror(error));
  end_frame(frame);
}

static void answer_written(uint32_t id, int error, uint32_t written) {
  size_t frame = begin_answer(id, OP_WRITE, error);
  put_u32(written);
  end_frame(frame);
}

/* How a waiting call ends when it cannot go on: each op has its own shape of failure. */
static void answer_failure(const struct request *request, int error) {
  if (request->op == OP_WRITE) {
    answer_written(request->id, request->done > 0 ? 0 : error, request->done);
  } else if (request->op == OP_POLL && error == EAGAIN) {
    answer_u32(request->id, request->op, 0);
  } else {
    answer(request->id, request->op, error);
  }
}

static void watch_port(void) {
  bool output = out.head < out.tail;
  bool pause = out.tail - out.head > OUT_HIGH_WATER;
  if (output == want_output && pause == paused) return;
  want_output = output;
  paused = pause;
  struct epoll_event event = {
      .events = (pause ? 0 : (uint32_t)EPOLLIN) | (output ? (uint32_t)EPOLLOUT : 0),
      .data.u64 = EVENT_PORT};
  epoll_ctl(epoll_fd, EPOLL_CTL_MOD, port_fd, &event);
}

static void flush_out(void) {
  while (out.head < out.tail) {
    ssize_t n = write(port_fd, out.data + out.head, out.tail - out.head);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && errno == EAGAIN) break;
    if (n <= 0) end_agent("the JVM's end cannot be written to");
    out.head += (size_t)n;
  }
  if (out.head == out.tail) {
    out.head = out.tail = 0;
  } else if (out.head > out.capacity / 2) {
    memmove(out.data, out.data + out.head, out.tail - out.head);
    out.tail -= out.head;
    out.head = 0;
  }
}

/* ---------------------------------------------------------------- frames in */

static const uint8_t *take(struct body *body, size_t length) {
  if (body->bad || (size_t)(body->end - body->at) < length) {
    body->bad = true;
    return NULL;
  }
  const uint8_t *at = body->at;
  body->at += length;
  return at;
}

static uint16_t take_u16(struct body *body) {
  uint16_t value = 0;
  const uint8_t *at = take(body, sizeof value);
  if (at != NULL) memcpy(&value, at, sizeof value);
  return value;
}

static uint32_t take_u32(struct body *body) {
  uint32_t value = 0;
  const uint8_t *at = take(body, sizeof value);
  if (at != NULL) memcpy(&value, at, sizeof value);
  return value;
}

static uint64_t take_u64(struct body *body) {
  uint64_t value = 0;
  const uint8_t *at = take(body, sizeof value);
  if (at != NULL) memcpy(&value, at, sizeof value);
  return value;
}

/* Allocated; NULL if the body is bad, also by a zero byte inside, which C would misread. */
static char *take_string(struct body *body) {
  uint16_t length = take_u16(body);
  const uint8_t *at = take(body, length);
  if (at == NULL || memchr(at, 0, length) != NULL) {
    body->bad = true;
    return NULL;
  }
  char *text = must(malloc((size_t)length + 1));
  memcpy(text, at, length);
  text[length] = 0;
  return text;
}

/* A NULL-ended vector as execve wants it. */
static char **take_strings(struct body *body) {
  uint16_t count = take_u16(body);
  if (count > MAX_STRINGS) body->bad = true;
  if (body->bad) return NULL;
  char **strings = must(calloc((size_t)count + 1, sizeof *strings));
  for (uint16_t i = 0; i < count && !body->bad; i++) strings[i] = take_string(body);
  return strings;
}

static void free_strings(char **strings) {
  if (strings == NULL) return;
  for (char **string = strings; *string != NULL; string++) free(*string);
  free(strings);
}

static bool complete(const struct body *body) { return !body->bad && body->at == body->end; }

/* ---------------------------------------------------------------- objects */

/* NULL with errno set if there is no room; the fd is then still the caller's. */
static struct object *new_object(enum kind kind, int fd) {
  uint32_t index = free_slot;
  if (index != 0) {
    free_slot = slots[index].next_free;
  } else if (unused_slot < MAX_OBJECTS) {
    index = unused_slot++;
  } else {
    errno = EMFILE;
    return NULL;
  }
  struct slot *slot = &slots[index];
  slot->generation = slot->generation % MAX_GENERATION + 1; /* a stale handle stays stale */
  struct object *object = must(calloc(1, sizeof *object));
  object->handle = slot->generation << INDEX_BITS | index;
  object->kind = kind;
  object->fd = fd;
  slot->object = object;
  if (kind == SOCKET_OBJECT || kind == STREAM_OBJECT) {
    /* Edges suffice: a call is parked only after it was tried, and tried again at each edge. */
    struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET,
                                .data.u64 = object->handle};
    if (epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &event) < 0) {
      int error = errno;
      slot->object = NULL;
      slot->next_free = free_slot;
      free_slot = index;
      free(object);
      errno = error;
      return NULL;
    }
  }
  return object;
}

static struct object *find_object(uint32_t handle) {
  struct object *object = slots[handle & (MAX_OBJECTS - 1)].object;
  return object != NULL && object->handle == handle ? object : NULL;
}

/* An object that calls on descriptors may have: anything but a program. */
static struct object *find_stream(uint32_t handle) {
  struct object *object = find_object(handle);
  return object != NULL && object->fd >= 0 ? object : NULL;
}

static void push(struct queue *queue, struct request *request) {
  request->next = NULL;
  if (queue->tail == NULL) {
    queue->head = request;
  } else {
    queue->tail->next = request;
  }
  queue->tail = request;
}

static void unlink_request(struct queue *queue, struct request *request) {
  struct request *previous = NULL;
  for (struct request *r = queue->head; r != NULL; previous = r, r = r->next) {
    if (r != request) continue;
    if (previous == NULL) {
      queue->head = r->next;
    } else {
      previous->next = r->next;
    }
    if (queue->tail == r) queue->tail = previous;
    return;
  }
}

static void set_timer(struct request *request, uint64_t timeout) {
  request->deadline = FOREVER;
  if (timeout >= FOREVER) return;
  request->deadline = now_ns() + timeout;
  struct request *previous = NULL, *next = timers;
  while (next != NULL && next->deadline <= request->deadline) {
    previous = next;
    next = next->timer_next;
  }
  request->timer_previous = previous;
  request->timer_next = next;
  if (previous == NULL) {
    timers = request;
  } else {
    previous->timer_next = request;
  }
  if (next != NULL) next->timer_previous = request;
}

static void clear_timer(struct request *request) {
  if (request->deadline == FOREVER) return;
  if (request->timer_previous == NULL) {
    timers = request->timer_next;
  } else {
    request->timer_previous->timer_next = request->timer_next;
  }
  if (request->timer_next != NULL) request->timer_next->timer_previous = request->timer_previous;
  request->deadline = FOREVER;
}

static struct request *new_request(struct object *object, uint32_t id, uint16_t op,
                                   uint64_t timeout) {
  struct request *request = must(calloc(1, sizeof *request));
  request->id = id;
  request->op = op;
  request->object = object;
  set_timer(request, timeout);
  return request;
}

static void free_request(struct request *request) {
  clear_timer(request);
  free(request->data);
  free(request);
}

/* Takes an answered call out of its object. */
static void drop_request(struct request *request) {
  struct object *object = request->object;
  unlink_request(&object->readers, request);
  unlink_request(&object->writers, request);
  unlink_request(&object->pollers, request);
  unlink_request(&object->senders, request);
  free_request(request);
}

static void fail_queue(struct queue *queue, int error) {
  while (queue->head != NULL) {
    struct request *request = queue->head;
    queue->head = request->next;
    answer_failure(request, error);
    free_request(request);
  }
  queue->tail = NULL;
}

/* ---------------------------------------------------------------- calls that sleep */

/* Sockets only: they have no other flag that F_SETFL changes. */
static void set_blocking(int fd, bool blocking) { fcntl(fd, F_SETFL, blocking ? 0 : O_NONBLOCK); }

/*
 * accept() and connect() have no MSG_DONTWAIT. A task that enters the kernel just then gets EAGAIN,
 * sees by the toggles that it was not meant, and goes again.
 */
static void begin_nonblocking(struct object *object) {
  if (object->tasks == NULL) return;
  atomic_fetch_add(&object->toggles, 1);
  set_blocking(object->fd, false);
}

static void end_nonblocking(struct object *object) {
  if (object->tasks == NULL) return;
  int error = errno;
  set_blocking(object->fd, true);
  atomic_fetch_add(&object->toggles, 1);
  errno = error;
}

/* recvmsg or sendmsg, one try; the message's flags are the task's. */
static ssize_t transfer(struct task *task, int extra_flags) {
  struct iovec piece = {.iov_base = task->data, .iov_len = task->length};
  struct msghdr message = {.msg_iov = &piece, .msg_iovlen = 1};
  if (task->op == OP_SEND) {
    return sendmsg(task->fd, &message, task->flags | MSG_NOSIGNAL | extra_flags);
  }
  ssize_t n = recvmsg(task->fd, &message, task->flags | extra_flags);
  task->message_flags = message.msg_flags;
  return n;
}

static void call_kernel(struct task *task) {
  unsigned toggles;
  do {
    toggles = atomic_load(&task->object->toggles);
    if (task->op == OP_CONNECT) {
      task->result =
          connect(task->fd, (struct sockaddr *)&task->address, sizeof task->address);
    } else {
      task->result = transfer(task, 0);
    }
    task->error = task->result < 0 ? errno : 0;
  } while ((task->error == EAGAIN || task->error == EINPROGRESS || task->error == EALREADY) &&
           (toggles % 2 == 1 || atomic_load(&task->object->toggles) != toggles));
}

static void run_task(struct task *task) {
  if (task->op == OP_CLOSE) {
    close(task->fd);
  } else {
    call_kernel(task);
  }
  /* A pointer goes whole, or not at all if the signal that was to end the call comes only now. */
  while (write(task_pipe[1], &task, sizeof task) < 0 && errno == EINTR) continue;
}

static void *work(void *argument) {
  struct worker *worker = argument;
  for (;;) {
    while (sem_wait(&worker->wake) < 0) continue; /* that signal may come as late as this, too */
    run_task(worker->task);
  }
  return NULL;
}

/*
 * Mapped and touched many at a time: an emulated machine takes longer for a thread's own mapping and
 * its guard page than for the rest of the thread. The calls of a task need few KiB.
 */
static uint8_t *new_stack(void) {
  if (stacks_left == 0) {
    void *mapped = mmap(NULL, STACKS_AT_ONCE * TASK_STACK, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
    if (mapped == MAP_FAILED) return NULL;
    stacks = mapped;
    stacks_left = STACKS_AT_ONCE;
  }
  return stacks + --stacks_left * TASK_STACK;
}

static struct worker *new_worker(void) {
  uint8_t *stack = new_stack();
  if (stack == NULL) {
    log_line("no stack for a thread: %s", strerror(errno));
    return NULL;
  }
  struct worker *worker = must(calloc(1, sizeof *worker));
  sem_init(&worker->wake, 0, 0);
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setstack(&attributes, stack, TASK_STACK);
  int error = pthread_create(&worker->thread, &attributes, work, worker);
  pthread_attr_destroy(&attributes);
  if (error == 0) return worker;
  log_line("no thread: %s", strerror(error));
  stacks_left++;
  free(worker);
  return NULL;
}

static void free_task(struct task *task) {
  free(task->data);
  free(task);
}

static bool start_task(struct task *task) {
  struct worker *worker = idle_workers;
  if (worker != NULL) {
    idle_workers = worker->next_idle;
  } else if ((worker = new_worker()) == NULL) {
    return false;
  }
  worker->task = task;
  task->worker = worker;
  sem_post(&worker->wake);
  return true;
}

static struct task *new_task(struct object *object, uint32_t id, uint16_t op) {
  struct task *task = must(calloc(1, sizeof *task));
  task->object = object;
  task->fd = object->fd;
  task->id = id;
  task->op = op;
  return task;
}

/* Makes the call in a thread, which waits as long as the kernel says. Takes the task over. */
static void sleep_in_kernel(struct task *task) {
  struct object *object = task->object;
  if (object->tasks == NULL) set_blocking(object->fd, true);
  task->next = object->tasks;
  object->tasks = task;
  if (start_task(task)) return;
  object->tasks = task->next;
  if (object->tasks == NULL) set_blocking(object->fd, false);
  answer(task->id, task->op, EAGAIN);
  free_task(task);
}

/* close() of a lingering socket waits in the kernel, too. */
static void close_object(struct object *object) {
  if (object->lingers && object->answer_close) {
    struct task *task = new_task(object, object->close_id, OP_CLOSE);
    task->object = NULL;
    if (start_task(task)) {
      free(object);
      return;
    }
    free_task(task);
  }
  int error = object->fd >= 0 && close(object->fd) < 0 ? errno : 0;
  if (object->answer_close) answer(object->close_id, OP_CLOSE, error);
  free(object);
}

static void wake_tasks(const struct object *object) {
  for (struct task *task = object->tasks; task != NULL; task = task->next) {
    pthread_kill(task->worker->thread, SIGUSR1);
  }
}

/*
 * Again and again, since a signal that comes just before the thread enters the kernel wakes nobody.
 */
static void wake_leavers(void) {
  for (struct object *object = leavers; object != NULL; object = object->leaver) {
    wake_tasks(object);
  }
}

/*
 * Forgets the object, answers its waiting calls with EBADF and closes its fd, once none of its tasks
 * uses that any more.
 */
static void end_object(struct object *object) {
  fail_queue(&object->readers, EBADF);
  fail_queue(&object->writers, EBADF);
  fail_queue(&object->pollers, EBADF);
  fail_queue(&object->senders, EBADF);
  uint32_t index = object->handle & (MAX_OBJECTS - 1);
  slots[index].object = NULL;
  slots[index].next_free = free_slot;
  free_slot = index;
  if (object->tasks == NULL) {
    close_object(object);
    return;
  }
  object->leaver = leavers;
  leavers = object;
  wake_tasks(object);
}

/* Without a call that wants an answer. */
static void end_object_silently(struct object *object) {
  object->answer_close = false;
  end_object(object);
}

static bool is_leaving(const struct object *object) {
  for (struct object *o = leavers; o != NULL; o = o->leaver) {
    if (o == object) return true;
  }
  return false;
}

static void remove_task(struct object *object, struct task *done) {
  struct task **link = &object->tasks;
  while (*link != done) link = &(*link)->next;
  *link = done->next;
}

static void leave(struct object *object) {
  struct object **link = &leavers;
  while (*link != object) link = &(*link)->leaver;
  *link = object->leaver;
  close_object(object);
}

static void answer_transfer(const struct task *task) {
  if (task->error != 0 || task->op == OP_CONNECT) {
    answer(task->id, task->op, task->error);
    return;
  }
  size_t frame = begin_answer(task->id, task->op, 0);
  put_u32((uint32_t)task->result);
  if (task->op == OP_RECV) {
    put_u32((uint32_t)task->message_flags);
    /* with MSG_TRUNC the result is the message's length, not how much of it is here */
    put_bytes(task->data, task->result < task->length ? (size_t)task->result : task->length);
  }
  end_frame(frame);
}

static void finish_reset(void);

static void finish_task(struct task *task) {
  struct object *object = task->object;
  task->worker->next_idle = idle_workers;
  idle_workers = task->worker;
  if (object == NULL) {
    answer(task->id, OP_CLOSE, 0);
    free_task(task);
    return;
  }
  bool leaving = is_leaving(object);
  if (leaving && task->error == EINTR) task->error = EBADF;
  if (task->op == OP_CONNECT) {
    log_line("connect %x to %u:%u: %s", object->handle, task->address.svm_cid,
             task->address.svm_port, task->error == 0 ? "connected" : strerror(task->error));
  }
  answer_transfer(task);
  remove_task(object, task);
  free_task(task);
  if (object->tasks != NULL) return;
  if (leaving) {
    leave(object);
    finish_reset();
  } else {
    set_blocking(object->fd, false);
  }
}

static void on_task(void) {
  struct task *task;
  while (read(task_pipe[0], &task, sizeof task) == sizeof task) finish_task(task);
}

/* ---------------------------------------------------------------- socket calls */

static int option_error(int fd) {
  int error = 0;
  socklen_t length = sizeof error;
  return getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length) < 0 ? errno : error;
}

/*
 * What a call that was parked would have given, had it waited in the kernel: there a reset wakes it
 * with the socket's error, where a new call only finds the socket unconnected.
 */
static int parked_error(const struct object *object, int error, bool parked) {
  if (!parked || error != ENOTCONN || object->kind != SOCKET_OBJECT) return error;
  int pending = option_error(object->fd);
  return pending != 0 ? pending : error;
}

/* The try_ functions answer and return true, or return false if the call has to wait. */

static bool try_read(struct object *object, uint32_t id, uint32_t most, bool parked) {
  if (parked && out.tail - out.head > OUT_HIGH_WATER) {
    deferred_reads = true;
    return false;
  }
  size_t frame = begin_answer(id, OP_READ, 0);
  ssize_t n = object->kind == SOCKET_OBJECT ? recv(object->fd, out_space(most), most, MSG_DONTWAIT)
                                            : read(object->fd, out_space(most), most);
  if (n < 0 && errno == EAGAIN) {
    out.tail = frame;
    return false;
  }
  if (n < 0) {
    int error = parked_error(object, errno, parked);
    out.tail = frame;
    answer(id, OP_READ, error);
    return true;
  }
  out.tail += (size_t)n;
  end_frame(frame);
  return true;
}

static bool try_accept(struct object *object, uint32_t id) {
  begin_nonblocking(object);
  int fd = accept4(object->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
  end_nonblocking(object);
  if (fd < 0 && errno == EAGAIN) return false;
  struct object *accepted = fd < 0 ? NULL : new_object(SOCKET_OBJECT, fd);
  if (accepted == NULL) {
    int error = errno;
    if (fd >= 0) close(fd);
    log_line("accept %x: %s", object->handle, strerror(error));
    answer(id, OP_ACCEPT, error);
    return true;
  }
  log_line("accept %x -> %x", object->handle, accepted->handle);
  answer_u32(id, OP_ACCEPT, accepted->handle);
  return true;
}

static uint32_t poll_now(const struct object *object, uint32_t events) {
  struct pollfd p = {.fd = object->fd, .events = (short)events};
  return poll(&p, 1, 0) > 0 ? (uint32_t)(uint16_t)p.revents : 0;
}

static bool try_poll(struct object *object, uint32_t id, uint16_t op, uint32_t events) {
  uint32_t ready = poll_now(object, events);
  if (ready == 0) return false;
  answer_u32(id, op, ready);
  return true;
}

/* Bytes taken; short with *error 0 if the kernel has no room now, else *error says why. */
static uint32_t write_some(struct object *object, const uint8_t *bytes, uint32_t length,
                           int *error) {
  uint32_t done = 0;
  *error = 0;
  while (done < length) {
    ssize_t n = object->kind == SOCKET_OBJECT
                    ? send(object->fd, bytes + done, length - done, MSG_DONTWAIT | MSG_NOSIGNAL)
                    : write(object->fd, bytes + done, length - done);
    if (n > 0) {
      done += (uint32_t)n;
    } else if (n < 0 && errno == EINTR) {
      continue;
    } else {
      *error = n == 0 ? EIO : errno;
      if (*error == EAGAIN) *error = 0;
      break;
    }
  }
  return done;
}

static void send_progress(struct request *request) {
  size_t frame = begin_frame(request->id, OP_DATA);
  put_u32(request->done);
  end_frame(frame);
  request->acknowledged = request->done;
}

/* Goes on with a parked WRITE; true once it is answered. */
static bool try_write(struct request *request) {
  int error;
  uint32_t done = write_some(request->object, request->data + request->data_offset,
                             request->data_length, &error);
  request->data_offset += done;
  request->data_length -= done;
  request->done += done;
  if (error != 0 || request->done == request->total ||
      (request->never_waits && request->data_length > 0)) {
    error = parked_error(request->object, error == 0 ? EAGAIN : error, true);
    answer_written(request->id, request->done > 0 ? 0 : error, request->done);
    return true;
  }
  if (request->data_length == 0) request->data_offset = 0;
  if (request->data_length == 0 || request->done - request->acknowledged >= PROGRESS_STEP) {
    if (request->done != request->acknowledged) send_progress(request);
  }
  return false;
}

static void serve_program(struct object *object);

/* Tries what waits on the object again. The order within a queue is kept. */
static void serve_object(struct object *object) {
  if (object->kind == PROGRAM_OBJECT) {
    serve_program(object);
    return;
  }
  struct request *request;
  while ((request = object->readers.head) != NULL &&
         (request->op == OP_ACCEPT ? try_accept(object, request->id)
                                   : try_read(object, request->id, request->most, true))) {
    drop_request(request);
  }
  while ((request = object->writers.head) != NULL && try_write(request)) drop_request(request);
  for (request = object->pollers.head; request != NULL;) {
    struct request *next = request->next;
    if (try_poll(object, request->id, request->op, request->events)) drop_request(request);
    request = next;
  }
}

static void on_socket(uint32_t id, struct body *body) {
  uint32_t type = take_u32(body);
  if (!complete(body) || (type != SOCK_STREAM && type != SOCK_SEQPACKET)) {
    answer(id, OP_SOCKET, EBADMSG);
    return;
  }
  int fd = socket(AF_VSOCK, (int)type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  struct object *object = fd < 0 ? NULL : new_object(SOCKET_OBJECT, fd);
  if (object == NULL) {
    int error = errno;
    if (fd >= 0) close(fd);
    log_line("socket: %s", strerror(error));
    answer(id, OP_SOCKET, error);
    return;
  }
  answer_u32(id, OP_SOCKET, object->handle);
}

static void on_bind(uint32_t id, struct object *object, struct body *body) {
  struct sockaddr_vm address = {.svm_family = AF_VSOCK};
  address.svm_cid = take_u32(body);
  address.svm_port = take_u32(body);
  if (!complete(body)) {
    answer(id, OP_BIND, EBADMSG);
    return;
  }
  int error = bind(object->fd, (struct sockaddr *)&address, sizeof address) < 0 ? errno : 0;
  log_line("bind %x to %u:%u: %s", object->handle, address.svm_cid, address.svm_port,
           error == 0 ? "done" : strerror(error));
  answer(id, OP_BIND, error);
}

static void on_listen(uint32_t id, struct object *object, struct body *body) {
  uint32_t backlog = take_u32(body);
  if (!complete(body)) {
    answer(id, OP_LISTEN, EBADMSG);
    return;
  }
  int error = listen(object->fd, (int)backlog) < 0 ? errno : 0;
  log_line("listen %x backlog %u: %s", object->handle, backlog,
           error == 0 ? "done" : strerror(error));
  answer(id, OP_LISTEN, error);
}

static uint64_t shortened(const struct object *object, int option, uint64_t timeout);

static void on_accept(uint32_t id, struct object *object, struct body *body) {
  uint64_t timeout = take_u64(body);
  if (!complete(body)) {
    answer(id, OP_ACCEPT, EBADMSG);
  } else if (object->readers.head != NULL || !try_accept(object, id)) {
    if (timeout == 0) {
      answer(id, OP_ACCEPT, EAGAIN);
    } else {
      timeout = shortened(object, SO_RCVTIMEO, timeout);
      push(&object->readers, new_request(object, id, OP_ACCEPT, timeout));
    }
  }
}

static void on_connect(uint32_t id, struct object *object, struct body *body) {
  struct sockaddr_vm address = {.svm_family = AF_VSOCK};
  address.svm_cid = take_u32(body);
  address.svm_port = take_u32(body);
  bool wait = take_u32(body) != 0;
  if (!complete(body)) {
    answer(id, OP_CONNECT, EBADMSG);
    return;
  }
  if (wait) {
    struct task *task = new_task(object, id, OP_CONNECT);
    task->address = address;
    sleep_in_kernel(task);
    return;
  }
  begin_nonblocking(object);
  int error = connect(object->fd, (struct sockaddr *)&address, sizeof address) < 0 ? errno : 0;
  end_nonblocking(object);
  log_line("connect %x to %u:%u: %s", object->handle, address.svm_cid, address.svm_port,
           error == 0 ? "connected" : strerror(error));
  answer(id, OP_CONNECT, error);
}

/* Makes a RECV or SEND without waiting; false, and nothing is answered, if it would have to. */
static bool transfer_now(struct task *task, bool wait) {
  task->result = transfer(task, MSG_DONTWAIT);
  task->error = task->result < 0 ? errno : 0;
  if (wait && task->error == EAGAIN) return false;
  answer_transfer(task);
  return true;
}

/*
 * Whether a recvmsg that may wait gives what one gives that may not, where that gives anything: not
 * if it waits for more than a byte, SO_RCVLOWAT or MSG_WAITALL.
 */
static bool takes_what_is_there(int fd, int flags) {
  int low_water = 0;
  socklen_t length = sizeof low_water;
  return (flags & MSG_WAITALL) == 0 &&
         getsockopt(fd, SOL_SOCKET, SO_RCVLOWAT, &low_water, &length) == 0 && low_water == 1;
}

static void on_recv(uint32_t id, struct object *object, struct body *body) {
  uint32_t most = take_u32(body);
  uint32_t flags = take_u32(body);
  uint32_t wait = take_u32(body);
  if (!complete(body) || most > MAX_MESSAGE || wait > 1) {
    answer(id, OP_RECV, EBADMSG);
    return;
  }
  struct task *task = new_task(object, id, OP_RECV);
  task->flags = (int)flags;
  task->length = most;
  task->data = must(malloc(most == 0 ? 1 : most));
  bool now = wait == 0 || takes_what_is_there(object->fd, task->flags);
  if (now && transfer_now(task, wait == 1)) {
    free_task(task);
  } else {
    sleep_in_kernel(task);
  }
}

/* All of the payload is there. Takes the data over. */
static void send_whole(uint32_t id, struct object *object, int flags, bool wait, uint8_t *data,
                       uint32_t length) {
  struct task *task = new_task(object, id, OP_SEND);
  task->flags = flags;
  task->length = length;
  task->data = data;
  if (wait && length > 0) { /* a try that fails may have sent a part: see vsock_connectible_sendmsg */
    sleep_in_kernel(task);
  } else {
    transfer_now(task, false);
    free_task(task);
  }
}

static void on_send(uint32_t id, struct object *object, struct body *body) {
  uint32_t total = take_u32(body);
  uint32_t flags = take_u32(body);
  uint32_t wait = take_u32(body);
  uint32_t length = body->bad ? 0 : (uint32_t)(body->end - body->at);
  const uint8_t *bytes = take(body, length);
  if (!complete(body) || total < length || total > MAX_MESSAGE || wait > 1 ||
      (length == 0 && total > 0)) {
    answer(id, OP_SEND, EBADMSG);
    return;
  }
  uint8_t *data = must(malloc(total == 0 ? 1 : total));
  memcpy(data, bytes, length);
  if (length == total) {
    send_whole(id, object, (int)flags, wait == 1, data, total);
    return;
  }
  struct request *request = new_request(object, id, OP_SEND, FOREVER);
  request->flags = flags;
  request->never_waits = wait == 0;
  request->total = total;
  request->data = data;
  request->data_length = length;
  push(&object->senders, request);
}

static void gather(struct request *request, const uint8_t *bytes, uint32_t length) {
  if (length > request->total - request->data_length) {
    end_agent("the JVM sent more data than its SEND announced");
  }
  memcpy(request->data + request->data_length, bytes, length);
  request->data_length += length;
  if (request->data_length < request->total) return;
  uint8_t *data = request->data;
  request->data = NULL;
  send_whole(request->id, request->object, (int)request->flags, !request->never_waits, data,
             request->total);
  drop_request(request);
}

static void on_queued(uint32_t id, struct object *object, struct body *body) {
  uint32_t which = take_u32(body);
  if (!complete(body) || which > 1) {
    answer(id, OP_QUEUED, EBADMSG);
    return;
  }
  int bytes = 0;
  if (ioctl(object->fd, which == 0 ? SIOCINQ : SIOCOUTQ, &bytes) < 0) {
    answer(id, OP_QUEUED, errno);
  } else {
    answer_u32(id, OP_QUEUED, (uint32_t)bytes);
  }
}

/* Of this thread, which makes all bind() calls; an exec gives programs their own. */
static int set_privilege(bool may) {
  struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
  struct __user_cap_data_struct sets[_LINUX_CAPABILITY_U32S_3];
  if (syscall(SYS_capget, &header, sets) < 0) return errno;
  uint32_t bit = 1u << CAP_NET_BIND_SERVICE;
  sets[0].effective = may ? sets[0].effective | bit : sets[0].effective & ~bit;
  if (syscall(SYS_capset, &header, sets) < 0) return errno;
  unprivileged = !may;
  return 0;
}

static void on_privilege(uint32_t id, struct body *body) {
  uint32_t may = take_u32(body);
  if (!complete(body) || may > 1) {
    answer(id, OP_PRIVILEGE, EBADMSG);
    return;
  }
  int error = set_privilege(may == 1);
  log_line("privileged ports %s: %s", may == 1 ? "may be bound" : "may not be bound",
           error == 0 ? "done" : strerror(error));
  answer(id, OP_PRIVILEGE, error);
}

/* Mixed in at once, and what the kernel drew in advance is drawn anew: see crng_reseed in Linux. */
static int stir_random_pool(const uint8_t *bytes, uint32_t length) {
  struct {
    struct rand_pool_info info;
    uint8_t bytes[MAX_RANDOM];
  } pool = {.info = {.entropy_count = (int)length * 8, .buf_size = (int)length}};
  memcpy(pool.info.buf, bytes, length);
  int fd = open("/dev/random", O_RDWR | O_CLOEXEC);
  if (fd < 0) return errno;
  bool done = ioctl(fd, RNDADDENTROPY, &pool) == 0 && ioctl(fd, RNDRESEEDCRNG) == 0;
  int error = done ? 0 : errno;
  close(fd);
  return error;
}

static void on_renew(uint32_t id, struct body *body) {
  uint64_t wall = take_u64(body);
  size_t length = (size_t)(body->end - body->at);
  if (body->bad || length < MIN_RANDOM || length > MAX_RANDOM) {
    answer(id, OP_RENEW, EBADMSG);
    return;
  }
  if (!is_init) { /* the clock of a machine that is not ours */
    answer(id, OP_RENEW, EPERM);
    return;
  }
  int error = stir_random_pool(body->at, (uint32_t)length);
  const struct timespec now = {.tv_sec = (time_t)(wall / 1000000000u),
                               .tv_nsec = (long)(wall % 1000000000u)};
  if (error == 0 && clock_settime(CLOCK_REALTIME, &now) < 0) error = errno;
  log_line("restored; clock and random pool renewed: %s", error == 0 ? "done" : strerror(error));
  answer(id, OP_RENEW, error);
}

/*
 * A timeout of the agent's, shortened by the socket's own, SO_RCVTIMEO or SO_SNDTIMEO. 0 there
 * means none.
 */
static uint64_t shortened(const struct object *object, int option, uint64_t timeout) {
  struct timeval own = {0, 0};
  socklen_t length = sizeof own;
  if (object->kind != SOCKET_OBJECT ||
      getsockopt(object->fd, SOL_SOCKET, option, &own, &length) < 0 || own.tv_sec < 0 ||
      (uint64_t)own.tv_sec >= FOREVER / 1000000000u) {
    return timeout;
  }
  uint64_t own_ns = (uint64_t)own.tv_sec * 1000000000u + (uint64_t)own.tv_usec * 1000u;
  return own_ns != 0 && own_ns < timeout ? own_ns : timeout;
}

static void on_read(uint32_t id, struct object *object, struct body *body) {
  uint32_t most = take_u32(body);
  uint64_t timeout = take_u64(body);
  if (!complete(body) || most == 0 || most > MAX_READ) {
    answer(id, OP_READ, EBADMSG);
  } else if (object->readers.head != NULL || !try_read(object, id, most, false)) {
    if (timeout == 0) {
      answer(id, OP_READ, EAGAIN);
    } else {
      timeout = shortened(object, SO_RCVTIMEO, timeout);
      struct request *request = new_request(object, id, OP_READ, timeout);
      request->most = most;
      push(&object->readers, request);
    }
  }
}

static void on_write(uint32_t id, struct object *object, struct body *body) {
  uint32_t total = take_u32(body);
  uint64_t timeout = take_u64(body);
  uint32_t length = body->bad ? 0 : (uint32_t)(body->end - body->at);
  const uint8_t *bytes = take(body, length);
  if (!complete(body) || length == 0 || total < length || total > INT32_MAX) {
    answer_written(id, EBADMSG, 0);
    return;
  }
  uint32_t done = 0;
  if (object->writers.head == NULL) {
    int error;
    done = write_some(object, bytes, length, &error);
    if (error != 0 || done == total || (done < length && timeout == 0)) {
      if (error == 0) error = EAGAIN;
      answer_written(id, done > 0 ? 0 : error, done);
      return;
    }
  } else if (timeout == 0) {
    answer_written(id, EAGAIN, 0);
    return;
  }
  bool never_waits = timeout == 0;
  timeout = never_waits ? FOREVER : shortened(object, SO_SNDTIMEO, timeout);
  struct request *request = new_request(object, id, OP_WRITE, timeout);
  request->never_waits = never_waits;
  request->total = total;
  request->done = done;
  request->data_length = length - done;
  request->data_capacity = total > length ? WRITE_WINDOW : request->data_length;
  request->data = must(malloc(request->data_capacity));
  memcpy(request->data, bytes + done, request->data_length);
  push(&object->writers, request);
  if (request->data_length == 0) send_progress(request);
}

static struct request *find_in(const struct queue *queue, uint32_t id) {
  struct request *request = queue->head;
  while (request != NULL && request->id != id) request = request->next;
  return request;
}

/* Only a WRITE or SEND that comes in pieces is looked for: few at a time. */
static struct request *find_incomplete(uint32_t id) {
  for (uint32_t index = 1; index < unused_slot; index++) {
    struct object *object = slots[index].object;
    if (object == NULL) continue;
    struct request *request = find_in(&object->writers, id);
    if (request == NULL) request = find_in(&object->senders, id);
    if (request != NULL) return request;
  }
  return NULL;
}

static void on_data(uint32_t id, struct body *body) {
  struct request *request = find_incomplete(id);
  if (request == NULL) return; /* it was answered while this was under way */
  uint32_t length = (uint32_t)(body->end - body->at);
  const uint8_t *bytes = body->at;
  if (request->op == OP_SEND) {
    gather(request, bytes, length);
    return;
  }
  uint64_t known = (uint64_t)request->done + request->data_length + length;
  if (known > request->total || request->data_length + length > WRITE_WINDOW) {
    end_agent("the JVM sent more data than the write window allows");
  }
  uint32_t direct = 0;
  if (request->data_length == 0 && request->object->writers.head == request) {
    int error; /* comes again in try_write */
    direct = write_some(request->object, bytes, length, &error);
    request->done += direct;
  }
  if (request->data_offset + request->data_length + length - direct > request->data_capacity) {
    if (request->data_capacity < WRITE_WINDOW) {
      request->data = must(realloc(request->data, WRITE_WINDOW));
      request->data_capacity = WRITE_WINDOW;
    }
    memmove(request->data, request->data + request->data_offset, request->data_length);
    request->data_offset = 0;
  }
  memcpy(request->data + request->data_offset + request->data_length, bytes + direct,
         length - direct);
  request->data_length += length - direct;
  if (request->object->writers.head == request) serve_object(request->object);
}

static void on_shutdown(uint32_t id, struct object *object, struct body *body) {
  uint32_t how = take_u32(body);
  if (!complete(body)) {
    answer(id, OP_SHUTDOWN, EBADMSG);
    return;
  }
  int error = shutdown(object->fd, (int)how) < 0 ? errno : 0;
  log_line("shutdown %x %u: %s", object->handle, how, error == 0 ? "done" : strerror(error));
  answer(id, OP_SHUTDOWN, error);
  if (error == 0) serve_object(object);
}

static void on_poll(uint32_t id, struct object *object, struct body *body) {
  uint32_t events = take_u32(body);
  uint64_t timeout = take_u64(body);
  if (!complete(body)) {
    answer(id, OP_POLL, EBADMSG);
  } else if (!try_poll(object, id, OP_POLL, events)) {
    if (timeout == 0) {
      answer_u32(id, OP_POLL, 0);
    } else {
      struct request *request = new_request(object, id, OP_POLL, timeout);
      request->events = events;
      push(&object->pollers, request);
    }
  }
}

static void on_watch(uint32_t id, struct object *object, struct body *body) {
  uint32_t events = take_u32(body);
  if (!complete(body)) {
    answer(id, OP_WATCH, EBADMSG);
    return;
  }
  for (struct request *r = object->pollers.head; r != NULL; r = r->next) {
    if (r->op != OP_WATCH) continue;
    answer(r->id, OP_WATCH, ECANCELED);
    drop_request(r);
    break;
  }
  if (!try_poll(object, id, OP_WATCH, events)) {
    struct request *request = new_request(object, id, OP_WATCH, FOREVER);
    request->events = events;
    push(&object->pollers, request);
  }
}

static void on_setsockopt(uint32_t id, struct object *object, struct body *body) {
  uint32_t level = take_u32(body);
  uint32_t name = take_u32(body);
  uint32_t length = body->bad ? 0 : (uint32_t)(body->end - body->at);
  const uint8_t *value = take(body, length);
  if (!complete(body) || length > MAX_OPTION) {
    answer(id, OP_SETSOCKOPT, EBADMSG);
    return;
  }
  int error = setsockopt(object->fd, (int)level, (int)name, value, length) < 0 ? errno : 0;
  if (error == 0 && level == SOL_SOCKET && name == SO_LINGER && length == sizeof(struct linger)) {
    struct linger linger;
    memcpy(&linger, value, sizeof linger);
    object->lingers = linger.l_onoff != 0 && linger.l_linger != 0;
  }
  answer(id, OP_SETSOCKOPT, error);
}

static void on_getsockopt(uint32_t id, struct object *object, struct body *body) {
  uint32_t level = take_u32(body);
  uint32_t name = take_u32(body);
  uint32_t most = take_u32(body);
  if (!complete(body) || most > MAX_OPTION) {
    answer(id, OP_GETSOCKOPT, EBADMSG);
    return;
  }
  uint8_t value[MAX_OPTION];
  socklen_t length = most;
  int error = getsockopt(object->fd, (int)level, (int)name, value, &length) < 0 ? errno : 0;
  size_t frame = begin_answer(id, OP_GETSOCKOPT, error);
  if (error == 0) put_bytes(value, length);
  end_frame(frame);
}

static void on_name(uint32_t id, uint16_t op, struct object *object, struct body *body) {
  struct sockaddr_vm address = {.svm_family = AF_UNSPEC};
  socklen_t length = sizeof address;
  if (!complete(body)) {
    answer(id, op, EBADMSG);
    return;
  }
  int result = op == OP_GETSOCKNAME
                   ? getsockname(object->fd, (struct sockaddr *)&address, &length)
                   : getpeername(object->fd, (struct sockaddr *)&address, &length);
  size_t frame = begin_answer(id, op, result < 0 ? errno : 0);
  if (result == 0) {
    put_u32(address.svm_cid);
    put_u32(address.svm_port);
  }
  end_frame(frame);
}

static void on_close(uint32_t id, struct object *object, struct body *body) {
  if (!complete(body)) {
    answer(id, OP_CLOSE, EBADMSG);
    return;
  }
  if (object->kind == PROGRAM_OBJECT && object->pid != 0) {
    answer(id, OP_CLOSE, EBUSY); /* still runs: KILL and WAIT come first */
    return;
  }
  if (object->kind == SOCKET_OBJECT) log_line("close %x", object->handle);
  object->answer_close = true;
  object->close_id = id;
  end_object(object);
}

/* The ioctl is the device's, not a socket's, whatever the manual's example says. */
static void on_local_cid(uint32_t id) {
  int fd = open("/dev/vsock", O_RDONLY | O_CLOEXEC);
  unsigned cid = 0;
  int error = fd < 0 || ioctl(fd, IOCTL_VM_SOCKETS_GET_LOCAL_CID, &cid) < 0 ? errno : 0;
  if (fd >= 0) close(fd);
  if (error != 0) {
    answer(id, OP_LOCAL_CID, error);
  } else {
    answer_u32(id, OP_LOCAL_CID, cid);
  }
}

/* ---------------------------------------------------------------- files and programs */

static void remember_upload(const char *path) {
  struct upload *upload = must(malloc(sizeof *upload));
  upload->path = must(strdup(path));
  upload->next = uploads;
  uploads = upload;
}

static bool was_uploaded(const char *path) {
  for (struct upload *u = uploads; u != NULL; u = u->next) {
    if (strcmp(u->path, path) == 0) return true;
  }
  return false;
}

static void remove_uploads(void) {
  while (uploads != NULL) {
    struct upload *upload = uploads;
    uploads = upload->next;
    if (remove(upload->path) < 0 && errno != ENOENT) {
      log_line("remove %s: %s", upload->path, strerror(errno));
    }
    free(upload->path);
    free(upload);
  }
}

/* Replaces its own uploads only: what else is there belongs to the machine (EEXIST). */
static int create_upload(const char *path, uint32_t mode) {
  const int flags = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC;
  int fd = open(path, flags, 0600);
  if (fd >= 0) {
    remember_upload(path);
  } else if (errno == EEXIST && was_uploaded(path)) {
    unlink(path); /* not truncated: it may be a program that runs */
    fd = open(path, flags, 0600);
  }
  if (fd >= 0 && fchmod(fd, mode & 07777) < 0) {
    int error = errno;
    close(fd);
    errno = error;
    return -1;
  }
  return fd;
}

static void on_create(uint32_t id, struct body *body) {
  char *path = take_string(body);
  uint32_t mode = take_u32(body);
  if (!complete(body) || path[0] != '/') {
    answer_text(id, OP_CREATE, EBADMSG);
    free(path);
    return;
  }
  int fd = create_upload(path, mode);
  struct object *object = fd < 0 ? NULL : new_object(FILE_OBJECT, fd);
  int error = object == NULL ? errno : 0;
  log_line("create %s mode %o: %s", path, mode, error == 0 ? "done" : strerror(error));
  free(path);
  if (error == 0) {
    answer_u32(id, OP_CREATE, object->handle);
    return;
  }
  if (fd >= 0) close(fd);
  answer_text(id, OP_CREATE, error);
}

/* Not in the log: a tree of files would push everything else out of it. */
static void on_put(uint32_t id, struct body *body) {
  char *path = take_string(body);
  uint32_t mode = take_u32(body);
  if (body->bad || path[0] != '/') {
    answer_text(id, OP_PUT, EBADMSG);
    free(path);
    return;
  }
  int fd = create_upload(path, mode);
  int error = fd < 0 ? errno : 0;
  while (error == 0 && body->at < body->end) {
    ssize_t n = write(fd, body->at, (size_t)(body->end - body->at));
    if (n < 0 && errno != EINTR) error = errno;
    if (n > 0) body->at += n;
  }
  if (fd >= 0) close(fd);
  if (error != 0) log_line("put %s mode %o: %s", path, mode, strerror(error));
  free(path);
  answer_text(id, OP_PUT, error);
}

static void on_mkdir(uint32_t id, struct body *body) {
  char *path = take_string(body);
  uint32_t mode = take_u32(body);
  if (!complete(body) || path[0] != '/') {
    answer_text(id, OP_MKDIR, EBADMSG);
    free(path);
    return;
  }
  int error = 0;
  for (char *end = path; error == 0 && end != NULL;) {
    end = strchr(end + 1, '/');
    if (end != NULL) *end = 0;
    if (mkdir(path, mode & 07777) == 0) {
      remember_upload(path);
    } else if (errno != EEXIST) {
      error = errno;
    }
    if (end != NULL) *end = '/';
  }
  struct stat status;
  if (error == 0 && stat(path, &status) == 0 && !S_ISDIR(status.st_mode)) error = ENOTDIR;
  free(path);
  answer_text(id, OP_MKDIR, error);
}

/* What a program wrote is nobody's upload, so all that is new goes: the deepest first. */
static const struct original *original(const char *path) {
  for (const struct original *o = originals; o != NULL; o = o->next) {
    if (strcmp(o->path, path) == 0) return o;
  }
  return NULL;
}

static int remember_original(const char *path, const struct stat *status, int type, struct FTW *at) {
  (void)type, (void)at;
  struct original *one = must(malloc(sizeof *one));
  one->path = must(strdup(path));
  one->status = *status;
  one->next = originals;
  originals = one;
  return 0;
}

static int remove_unless_original(const char *path, const struct stat *status, int type,
                                  struct FTW *at) {
  (void)type;
  const struct original *before = original(path);
  if (before == NULL) {
    bool root = at->level == 0; /* of a file system that was mounted empty */
    if (!root && remove(path) < 0) log_line("remove %s: %s", path, strerror(errno));
  } else if (S_ISREG(before->status.st_mode) &&
             (status->st_ino != before->status.st_ino ||
              status->st_ctim.tv_sec != before->status.st_ctim.tv_sec ||
              status->st_ctim.tv_nsec != before->status.st_ctim.tv_nsec)) {
    log_line("%s is no longer as the machine had it", path);
    originals_changed = true;
  }
  return 0;
}

static void walk(const char *root, __nftw_func_t visit) {
  nftw(root, visit, 16, FTW_PHYS | FTW_MOUNT | FTW_DEPTH);
}

static void remove_what_is_new(void) {
  walk("/tmp", remove_unless_original);
  walk("/run", remove_unless_original);
  walk("/", remove_unless_original);
}

/* The three pipes between a program and the JVM; ours of each pair does not block. */
struct pipes {
  int ours[3], theirs[3];
};

static void close_all(int fds[3]) {
  for (int i = 0; i < 3; i++) {
    if (fds[i] >= 0) close(fds[i]);
    fds[i] = -1;
  }
}

static int open_pipes(struct pipes *pipes) {
  for (int i = 0; i < 3; i++) pipes->ours[i] = pipes->theirs[i] = -1;
  for (int i = 0; i < 3; i++) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) < 0) {
      int error = errno;
      close_all(pipes->ours);
      close_all(pipes->theirs);
      return error;
    }
    pipes->ours[i] = i == 0 ? ends[1] : ends[0];
    pipes->theirs[i] = i == 0 ? ends[0] : ends[1];
    fcntl(pipes->ours[i], F_SETFL, O_NONBLOCK);
  }
  return 0;
}

/* In a session of its own, so that KILL reaches what it starts; returns exec's errno too. */
static int spawn(char **argv, char **env, const char *cwd, const struct pipes *pipes, pid_t *pid) {
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  sigset_t none, defaults;
  sigemptyset(&none);
  sigemptyset(&defaults);
  sigaddset(&defaults, SIGPIPE);
  posix_spawn_file_actions_init(&actions);
  for (int i = 0; i < 3; i++) {
    posix_spawn_file_actions_adddup2(&actions, pipes->theirs[i], i);
  }
  posix_spawn_file_actions_addchdir_np(&actions, cwd);
  posix_spawnattr_init(&attributes);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setsigdefault(&attributes, &defaults);
  posix_spawnattr_setflags(&attributes,
                           POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  int error = posix_spawn(pid, argv[0], &actions, &attributes, argv, env);
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  return error;
}

static void answer_started(uint32_t id, struct pipes *pipes, pid_t pid) {
  struct object *streams[3] = {NULL, NULL, NULL};
  struct object *program = new_object(PROGRAM_OBJECT, -1);
  int error = program == NULL ? errno : 0;
  for (int i = 0; i < 3 && error == 0; i++) {
    streams[i] = new_object(STREAM_OBJECT, pipes->ours[i]);
    if (streams[i] == NULL) error = errno;
  }
  if (error != 0) {
    kill(-pid, SIGKILL);
    for (int i = 0; i < 3; i++) {
      if (streams[i] == NULL) continue;
      end_object_silently(streams[i]);
      pipes->ours[i] = -1;
    }
    if (program != NULL) end_object_silently(program);
    close_all(pipes->ours);
    answer_text(id, OP_START, error);
    return;
  }
  program->pid = pid;
  size_t frame = begin_answer(id, OP_START, 0);
  put_u32(program->handle);
  for (int i = 0; i < 3; i++) put_u32(streams[i]->handle);
  put_u32((uint32_t)pid);
  end_frame(frame);
}

static void on_start(uint32_t id, struct body *body) {
  char **argv = take_strings(body);
  char **env = take_strings(body);
  char *cwd = take_string(body);
  if (!complete(body) || argv[0] == NULL) {
    answer_text(id, OP_START, EBADMSG);
  } else {
    struct pipes pipes;
    pid_t pid = 0;
    int error = open_pipes(&pipes);
    if (error == 0) {
      error = spawn(argv, env, cwd, &pipes, &pid);
      close_all(pipes.theirs);
      if (error != 0) close_all(pipes.ours);
    }
    log_line("start %s: %s, pid %d", argv[0], error == 0 ? "runs" : strerror(error), (int)pid);
    if (error == 0) {
      answer_started(id, &pipes, pid);
    } else {
      answer_text(id, OP_START, error);
    }
  }
  free_strings(argv);
  free_strings(env);
  free(cwd);
}

static void serve_program(struct object *object) {
  if (object->pid != 0) return;
  struct request *request;
  while ((request = object->readers.head) != NULL) {
    bool killed = WIFSIGNALED(object->wait_status);
    size_t frame = begin_answer(request->id, OP_WAIT, 0);
    put_u32(killed);
    put_u32((uint32_t)(killed ? WTERMSIG(object->wait_status) : WEXITSTATUS(object->wait_status)));
    end_frame(frame);
    drop_request(request);
  }
}

static void on_wait(uint32_t id, struct object *object, struct body *body) {
  uint64_t timeout = take_u64(body);
  if (!complete(body) || object->kind != PROGRAM_OBJECT) {
    answer(id, OP_WAIT, EBADMSG);
  } else if (object->pid != 0 && timeout == 0) {
    answer(id, OP_WAIT, EAGAIN);
  } else {
    push(&object->readers, new_request(object, id, OP_WAIT, timeout));
    serve_program(object);
  }
}

static void on_kill(uint32_t id, struct object *object, struct body *body) {
  uint32_t number = take_u32(body);
  if (!complete(body) || object->kind != PROGRAM_OBJECT || number == 0 || number > (uint32_t)SIGRTMAX) {
    answer_text(id, OP_KILL, EBADMSG);
    return;
  }
  int error = object->pid == 0 ? ESRCH : kill(-object->pid, (int)number) < 0 ? errno : 0;
  answer_text(id, OP_KILL, error);
}

/* ---------------------------------------------------------------- reset and the end */

static bool program_runs(void) {
  for (uint32_t index = 1; index < unused_slot; index++) {
    struct object *object = slots[index].object;
    if (object != NULL && object->kind == PROGRAM_OBJECT && object->pid != 0) return true;
  }
  return false;
}

static void kill_programs(void) {
  for (uint32_t index = 1; index < unused_slot; index++) {
    struct object *object = slots[index].object;
    if (object != NULL && object->kind == PROGRAM_OBJECT && object->pid != 0) {
      kill(-object->pid, SIGKILL);
    }
  }
  if (is_init) kill(-1, SIGKILL); /* also what left its session */
}

/* Once nothing runs any more, files can go: none of them is busy. */
static void finish_reset(void) {
  if (!reset_waits || program_runs() || leavers != NULL) return;
  for (uint32_t index = 1; index < unused_slot; index++) {
    if (slots[index].object != NULL) end_object_silently(slots[index].object); /* opened since */
  }
  if (leavers != NULL) return;
  reset_waits = false;
  remove_uploads();
  if (is_init) remove_what_is_new();
  if (unprivileged) set_privilege(true);
  log_line("reset done");
  answer(reset_id, OP_RESET, originals_changed ? ESTALE : 0);
}

static void on_reset(uint32_t id) {
  if (reset_waits) {
    answer(id, OP_RESET, EBUSY);
    return;
  }
  log_line("reset");
  kill_programs();
  for (uint32_t index = 1; index < unused_slot; index++) {
    struct object *object = slots[index].object;
    if (object == NULL || object->kind == PROGRAM_OBJECT) continue;
    if (object->lingers) {
      struct linger none = {.l_onoff = 0};
      setsockopt(object->fd, SOL_SOCKET, SO_LINGER, &none, sizeof none);
    }
    end_object_silently(object);
  }
  reset_waits = true;
  reset_id = id;
  finish_reset();
}

static void on_child(void) {
  struct signalfd_siginfo ignored;
  while (read(child_fd, &ignored, sizeof ignored) > 0) continue; /* several may be merged in one */
  pid_t pid;
  int status;
  while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
    for (uint32_t index = 1; index < unused_slot; index++) {
      struct object *object = slots[index].object;
      if (object == NULL || object->kind != PROGRAM_OBJECT || object->pid != pid) continue;
      log_line("pid %d ended: %s %d", (int)pid, WIFSIGNALED(status) ? "signal" : "status",
               WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
      object->pid = 0;
      object->wait_status = status;
      serve_program(object);
    }
  }
  finish_reset();
}

/* Without ACPI a PC cannot be switched off; a reset then ends a QEMU that runs with -no-reboot. */
static void power_off(void) {
  sync();
  reboot(access("/sys/firmware/acpi", F_OK) == 0 ? RB_POWER_OFF : RB_AUTOBOOT);
  for (;;) pause();
}

static void end_agent(const char *why) {
  kill_programs();
  if (is_init) {
    say("%s; power off", why);
    power_off();
  }
  say("%s", why);
  exit(0);
}

/* ---------------------------------------------------------------- the loop */

static void on_hello(uint32_t id, struct body *body) {
  uint32_t version = take_u32(body);
  if (!complete(body) || version != PROTOCOL_VERSION) {
    answer(id, OP_HELLO, EBADMSG);
    return;
  }
  struct utsname name;
  uname(&name);
  size_t frame = begin_answer(id, OP_HELLO, 0);
  put_u32(PROTOCOL_VERSION);
  put_u32(MAX_READ);
  put_u32(WRITE_WINDOW);
  put_u32((uint32_t)getpid());
  put_string(name.release);
  put_string(name.machine);
  end_frame(frame);
  log_line("hello: Linux %s", name.release);
}

static void on_get_log(uint32_t id) {
  size_t frame = begin_answer(id, OP_GET_LOG, 0);
  put_bytes(log_text, log_length);
  end_frame(frame);
}

static void on_script(uint32_t id, struct body *body) {
  size_t frame = begin_answer(id, OP_SCRIPT, 0);
  int error = run_scripts(body->at, (size_t)(body->end - body->at), put_bytes);
  if (error == 0) {
    end_frame(frame);
  } else {
    out.tail = frame;
    answer(id, OP_SCRIPT, error);
  }
}

/*
 * Asks sock_diag(7) for all vsock sockets that listen: the program there notices nothing, as it
 * would of a connect. An errno, or 0 with *listens set.
 */
static int ask_listens(int fd, uint32_t port, bool *listens) {
  struct {
    struct nlmsghdr header;
    struct vsock_diag_req request;
  } ask = {
      .header = {.nlmsg_len = sizeof ask,
                 .nlmsg_type = SOCK_DIAG_BY_FAMILY,
                 .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP},
      .request = {.sdiag_family = AF_VSOCK, .vdiag_states = 1u << 10 /* TCP_LISTEN */},
  };
  if (send(fd, &ask, sizeof ask, 0) < 0) return errno;
  for (;;) {
    union {
      struct nlmsghdr header;
      uint8_t bytes[16 * 1024];
    } told;
    ssize_t length = recv(fd, &told, sizeof told, 0);
    if (length < 0 && errno == EINTR) continue;
    if (length < 0) return errno;
    int rest = (int)length;
    for (struct nlmsghdr *one = &told.header; NLMSG_OK(one, rest); one = NLMSG_NEXT(one, rest)) {
      if (one->nlmsg_type == NLMSG_DONE) return 0;
      if (one->nlmsg_type == NLMSG_ERROR) return -((struct nlmsgerr *)NLMSG_DATA(one))->error;
      const struct vsock_diag_msg *socket = NLMSG_DATA(one);
      if (socket->vdiag_src_port == port) *listens = true;
    }
    if (length == 0) return EPROTO;
  }
}

static void on_listens(uint32_t id, struct body *body) {
  uint32_t port = take_u32(body);
  if (!complete(body)) {
    answer(id, OP_LISTENS, EBADMSG);
    return;
  }
  bool listens = false;
  int fd = socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
  int error = fd < 0 ? errno : ask_listens(fd, port, &listens);
  if (fd >= 0) close(fd);
  if (error == 0) {
    answer_u32(id, OP_LISTENS, listens);
  } else {
    answer(id, OP_LISTENS, error);
  }
}

static void refuse_call(uint32_t id, uint16_t op, int error) {
  if (op == OP_WRITE) {
    answer_written(id, error, 0);
  } else if (op == OP_KILL) {
    answer_text(id, op, error);
  } else {
    answer(id, op, error);
  }
}

static void on_object_call(uint32_t id, uint16_t op, struct body *body) {
  uint32_t handle = take_u32(body);
  bool any_kind = op == OP_WAIT || op == OP_KILL || op == OP_CLOSE;
  struct object *object = any_kind ? find_object(handle) : find_stream(handle);
  if (object == NULL) {
    refuse_call(id, op, body->bad ? EBADMSG : EBADF);
    return;
  }
  switch (op) {
    case OP_BIND: on_bind(id, object, body); break;
    case OP_LISTEN: on_listen(id, object, body); break;
    case OP_ACCEPT: on_accept(id, object, body); break;
    case OP_CONNECT: on_connect(id, object, body); break;
    case OP_READ: on_read(id, object, body); break;
    case OP_WRITE: on_write(id, object, body); break;
    case OP_SHUTDOWN: on_shutdown(id, object, body); break;
    case OP_POLL: on_poll(id, object, body); break;
    case OP_WATCH: on_watch(id, object, body); break;
    case OP_SETSOCKOPT: on_setsockopt(id, object, body); break;
    case OP_GETSOCKOPT: on_getsockopt(id, object, body); break;
    case OP_GETSOCKNAME:
    case OP_GETPEERNAME: on_name(id, op, object, body); break;
    case OP_CLOSE: on_close(id, object, body); break;
    case OP_WAIT: on_wait(id, object, body); break;
    case OP_KILL: on_kill(id, object, body); break;
    case OP_RECV: on_recv(id, object, body); break;
    case OP_SEND: on_send(id, object, body); break;
    case OP_QUEUED: on_queued(id, object, body); break;
  }
}

static void on_frame(uint32_t id, uint16_t op, struct body *body) {
  switch (op) {
    case OP_HELLO: on_hello(id, body); break;
    case OP_RESET: on_reset(id); break;
    case OP_GET_LOG: on_get_log(id); break;
    case OP_LOCAL_CID: on_local_cid(id); break;
    case OP_SOCKET: on_socket(id, body); break;
    case OP_DATA: on_data(id, body); break;
    case OP_CREATE: on_create(id, body); break;
    case OP_MKDIR: on_mkdir(id, body); break;
    case OP_START: on_start(id, body); break;
    case OP_PRIVILEGE: on_privilege(id, body); break;
    case OP_SCRIPT: on_script(id, body); break;
    case OP_PUT: on_put(id, body); break;
    case OP_LISTENS: on_listens(id, body); break;
    case OP_RENEW: on_renew(id, body); break;
    default:
      if ((op >= OP_BIND && op <= OP_KILL) || (op >= OP_RECV && op <= OP_QUEUED)) {
        on_object_call(id, op, body);
      } else {
        answer(id, op, ENOSYS);
      }
  }
}

static void take_frames(void) {
  while (in.tail - in.head >= FRAME_HEADER) {
    struct body body = {.at = in.data + in.head, .end = in.data + in.tail};
    uint32_t length = take_u32(&body);
    uint32_t id = take_u32(&body);
    uint16_t op = take_u16(&body);
    if (length < FRAME_HEADER - 4 || length > MAX_FRAME_IN) {
      end_agent("the JVM sent a frame of impossible length");
    }
    if (in.tail - in.head < (size_t)length + 4) break;
    body.end = in.data + in.head + 4 + length;
    on_frame(id, op, &body);
    in.head += (size_t)length + 4;
  }
  if (in.head == in.tail) {
    in.head = in.tail = 0;
  } else if (in.head > 0) {
    memmove(in.data, in.data + in.head, in.tail - in.head);
    in.tail -= in.head;
    in.head = 0;
  }
}

/* A virtio-serial read gives at most one 4 KiB buffer: go on while they come full. */
static void on_input(void) {
  ssize_t n;
  do {
    n = read(port_fd, in.data + in.tail, in.capacity - in.tail);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) break;
    if (n < 0) end_agent("the JVM's end cannot be read from");
    if (n == 0) {
      if (hang_up_is_normal) return;
      end_agent("the JVM's end hung up");
    }
    if (hang_up_is_normal) {
      hang_up_is_normal = false; /* from now on levels instead of edges */
      struct epoll_event event = {.events = EPOLLIN, .data.u64 = EVENT_PORT};
      epoll_ctl(epoll_fd, EPOLL_CTL_MOD, port_fd, &event);
    }
    in.tail += (size_t)n;
  } while (n % 4096 == 0 && in.tail < in.capacity);
  take_frames();
}

static void on_port(uint32_t events) {
  if ((events & EPOLLIN) != 0) {
    on_input();
  } else if ((events & (EPOLLHUP | EPOLLERR)) != 0 && !hang_up_is_normal) {
    end_agent("the JVM's end hung up");
  }
}

static void run_timers(void) {
  uint64_t now = timers == NULL ? 0 : now_ns();
  while (timers != NULL && timers->deadline <= now) {
    struct request *request = timers;
    answer_failure(request, EAGAIN);
    drop_request(request);
  }
}

static int wait_ms(void) {
  int most = leavers != NULL ? WAKE_AGAIN_MS : -1;
  if (timers == NULL) return most;
  uint64_t now = now_ns();
  if (timers->deadline <= now) return 0;
  uint64_t ms = (timers->deadline - now + 999999u) / 1000000u;
  if (most >= 0 && ms > (uint64_t)most) return most;
  return ms > 1000000 ? 1000000 : (int)ms;
}

/* Reads that waited for room on the way out, not for the kernel: no edge will wake them. */
static void serve_deferred_reads(void) {
  if (!deferred_reads || out.tail - out.head > OUT_HIGH_WATER) return;
  deferred_reads = false;
  for (uint32_t index = 1; index < unused_slot; index++) {
    struct object *object = slots[index].object;
    if (object != NULL && object->readers.head != NULL) serve_object(object);
  }
}

static void serve(void) {
  struct epoll_event events[64];
  for (;;) {
    int count = epoll_wait(epoll_fd, events, 64, wait_ms());
    for (int i = 0; i < count; i++) {
      uint64_t what = events[i].data.u64;
      if (what == EVENT_PORT) {
        on_port(events[i].events);
      } else if (what == EVENT_CHILD) {
        on_child();
      } else if (what == EVENT_TASK) {
        on_task();
      } else {
        struct object *object = find_object((uint32_t)what); /* gone: an event of the past */
        if (object != NULL) serve_object(object);
      }
    }
    run_timers();
    wake_leavers();
    flush_out();
    serve_deferred_reads();
    if (!hang_up_is_normal) watch_port();
  }
}

static void watch_for(int fd, uint32_t events, uint64_t what) {
  struct epoll_event event = {.events = events, .data.u64 = what};
  if (epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &event) < 0) end_agent("epoll_ctl failed");
}

static void on_wake_up(int number) { (void)number; }

static void prepare_loop(void) {
  signal(SIGPIPE, SIG_IGN);
  const struct sigaction wake_up = {.sa_handler = on_wake_up}; /* no SA_RESTART: it is to end a call */
  sigaction(SIGUSR1, &wake_up, NULL);
  sigset_t child;
  sigemptyset(&child);
  sigaddset(&child, SIGCHLD);
  sigprocmask(SIG_BLOCK, &child, NULL);
  epoll_fd = epoll_create1(EPOLL_CLOEXEC);
  child_fd = signalfd(-1, &child, SFD_NONBLOCK | SFD_CLOEXEC);
  if (epoll_fd < 0 || child_fd < 0 || pipe2(task_pipe, O_CLOEXEC) < 0) {
    end_agent("no file descriptors");
  }
  fcntl(task_pipe[0], F_SETFL, O_NONBLOCK);
  fcntl(port_fd, F_SETFL, fcntl(port_fd, F_GETFL) | O_NONBLOCK);
  in.capacity = MAX_FRAME_IN + 64 * 1024;
  in.data = must(malloc(in.capacity));
  watch_for(child_fd, EPOLLIN, EVENT_CHILD);
  watch_for(task_pipe[0], EPOLLIN, EVENT_TASK);
  watch_for(port_fd, EPOLLIN | (hang_up_is_normal ? (uint32_t)EPOLLET : 0), EVENT_PORT);
}

/* ---------------------------------------------------------------- the machine, the way out */

static void mount_or_say(const char *type, const char *target) {
  mkdir(target, 0755);
  if (mount(type, target, type, 0, NULL) < 0 && errno != EBUSY) {
    say("mount %s on %s: %s", type, target, strerror(errno));
  }
}

static void load_module(const char *path, const char *parameters) {
  int flags = strstr(path, ".ko.") != NULL ? MODULE_INIT_COMPRESSED_FILE : 0;
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0 || (syscall(SYS_finit_module, fd, parameters, flags) < 0 && errno != EEXIST)) {
    say("module %s: %s", path, strerror(errno));
  }
  if (fd >= 0) close(fd);
}

/* One module a line, "PATH [PARAMETERS]", in the order in which they need each other. */
static void load_modules(void) {
  FILE *list = fopen("/modules.list", "re");
  const char *left_out = getenv("vsocklab_without"); /* of the kernel's command line */
  if (list == NULL) return;
  char line[1024];
  while (fgets(line, sizeof line, list) != NULL) {
    line[strcspn(line, "\n")] = 0;
    if (line[0] == 0 || line[0] == '#') continue;
    size_t path = strcspn(line, " ");
    const char *parameters = line[path] == 0 ? "" : line + path + 1;
    line[path] = 0;
    if (left_out != NULL && strcmp(line, left_out) == 0) continue;
    load_module(line, parameters);
  }
  fclose(list);
}

/* What PID 1 owes the rest: file systems, a console, modules. */
static void prepare_machine(void) {
  mount_or_say("proc", "/proc");
  mount_or_say("sysfs", "/sys");
  mount_or_say("devtmpfs", "/dev");
  mount_or_say("tmpfs", "/tmp");
  mount_or_say("tmpfs", "/run");
  chmod("/tmp", 01777);
  int console = open("/dev/console", O_RDWR);
  if (console >= 0) {
    for (int fd = 0; fd < 3; fd++) dup2(console, fd);
    if (console > 2) close(console);
  }
  load_modules();
  walk("/", remember_original);
}

/* Programs get the pipes as 0, 1 and 2: nothing of ours may sit there. */
static void fill_standard_fds(void) {
  int fd;
  do {
    fd = open("/dev/null", O_RDWR);
  } while (fd >= 0 && fd < 3);
  if (fd >= 3) close(fd);
}

/* The device of the virtio-serial port with that name, or -1 while there is none. */
static int open_named_port(const char *name) {
  for (int device = 0; device < 4; device++) {
    for (int port = 0; port < 32; port++) {
      char path[64], found[128] = "";
      snprintf(path, sizeof path, "/sys/class/virtio-ports/vport%dp%d/name", device, port);
      FILE *file = fopen(path, "re");
      if (file == NULL) continue;
      if (fgets(found, sizeof found, file) == NULL) found[0] = 0;
      fclose(file);
      found[strcspn(found, "\n")] = 0;
      if (strcmp(found, name) != 0) continue;
      snprintf(path, sizeof path, "/dev/vport%dp%d", device, port);
      return open(path, O_RDWR | O_CLOEXEC);
    }
  }
  return -1;
}

/* The driver finds its ports in the background: they come a little after the module. */
static int wait_for_port(const char *name) {
  const struct timespec pause = {.tv_nsec = 2000000};
  uint64_t deadline = now_ns() + (uint64_t)PORT_DEADLINE_MS * 1000000u;
  for (;;) {
    int fd = open_named_port(name);
    if (fd >= 0) return fd;
    if (now_ns() > deadline) {
      say("no virtio-serial port is called %s after %d ms: give QEMU"
          " -device virtserialport,name=%s", name, PORT_DEADLINE_MS, name);
      return -1;
    }
    nanosleep(&pause, NULL);
  }
}

static int connect_unix(const char *path) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  if (strlen(path) >= sizeof address.sun_path) {
    errno = ENAMETOOLONG;
    return -1;
  }
  strcpy(address.sun_path, path);
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof address) < 0) {
    int error = errno;
    close(fd);
    errno = error;
    return -1;
  }
  return fd;
}

static int open_way_out(const char *option, const char *value) {
  if (strcmp(option, "--port") == 0) {
    hang_up_is_normal = true;
    return wait_for_port(value);
  }
  if (strcmp(option, "--device") == 0) return open(value, O_RDWR | O_CLOEXEC | O_NOCTTY);
  if (strcmp(option, "--socket") == 0) return connect_unix(value);
  errno = EINVAL;
  return -1;
}

/* Memory that comes and goes costs an emulated machine more than the call it is for. */
static void keep_heap(void) {
  mallopt(M_MMAP_THRESHOLD, KEPT_HEAP);
  mallopt(M_TRIM_THRESHOLD, KEPT_HEAP);
}

int main(int argc, char **argv) {
  is_init = getpid() == 1;
  keep_heap();
  if (is_init) prepare_machine();
  fill_standard_fds();
  if (!is_init && argc != 3) {
    fprintf(stderr, "usage: vsock-agent --port NAME | --device PATH | --socket PATH\n");
    return 2;
  }
  const char *option = is_init ? "--port" : argv[1];
  const char *value = is_init ? PORT_NAME : argv[2];
  port_fd = open_way_out(option, value);
  if (port_fd < 0) {
    say("cannot open %s %s: %s", option, value, strerror(errno));
    if (is_init) power_off();
    return 1;
  }
  if (is_init) say("ready");
  prepare_loop();
  serve();
}
