/* SPDX-License-Identifier: Apache-2.0 */
/* A channel between the JVM and a worker process: one thread asks, one thread answers. A request
   and its answer are in a page of shared memory; a pipe in each direction wakes the other thread
   if it sleeps. docs/design.md has the protocol. Nothing here needs the GIL or raises. */
#ifndef PYFLINK_ML_EMBEDDED_CHANNEL_H
#define PYFLINK_ML_EMBEDDED_CHANNEL_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* In bytes: what a channel has for text, and where it begins in the page. */
#define CHANNEL_TEXT_SIZE ((size_t)256 * 1024)
#define CHANNEL_TEXT_OFFSET ((size_t)4096)

enum { CHANNEL_ARGUMENTS = 4, CHANNEL_RESULTS = 6 };

/* What both processes see, in native byte order. What two threads write is on different cache
   lines. */
typedef struct {
    _Alignas(64) _Atomic int32_t request;  /* the number of the last request */
    _Alignas(64) _Atomic int32_t response; /* the number of the last request that is answered */
    _Alignas(64) _Atomic int32_t worker_sleeps;
    _Alignas(64) _Atomic int32_t java_sleeps;
    _Alignas(64) int32_t operation;
    int64_t arguments[CHANNEL_ARGUMENTS];
    _Alignas(64) int64_t results[CHANNEL_RESULTS];
    _Alignas(64) int32_t text_length; /* in bytes */
} Page;

typedef struct {
    Page *page; /* mapped; NULL before channel_open */
    char *text; /* in the page */
    int memory; /* the descriptor of the page */
    int request[2];
    int response[2];
    int32_t answered; /* the number of the last request that was answered */
    uint32_t waits;
    uint32_t misses; /* the last watches that were in vain */
    atomic_bool stopped;
} Channel;

/* Opens a channel. Returns 0, or -1 with errno set, which leaves nothing open. */
int channel_open(Channel *channel);

/* Closes a channel that is open. Its other side may still use the page. */
void channel_close(Channel *channel);

/* Waits for the next request. Returns false where the channel was stopped instead. */
bool channel_wait(Channel *channel);

/* Answers the request by the results in the page. */
void channel_answer(Channel *channel);

/* Ends the wait of another thread of this process. */
void channel_stop(Channel *channel);

/* Sets the text, UTF-8, which is cut where it is too long. Borrows bytes. */
void channel_set_text(Channel *channel, const char *bytes, size_t length);

#endif
