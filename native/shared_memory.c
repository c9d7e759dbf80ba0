/* SPDX-License-Identifier: Apache-2.0 */
/* Segments of shared memory. Small pieces share a segment, because each one takes a descriptor and
   a mapping in two processes. A segment's memory is never used twice, so it is always zeroed. */

#define _GNU_SOURCE
#include "shared_memory.h"

#include <fcntl.h>
#include <linux/memfd.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

/* From Linux 3.17 on; the headers of older C libraries lack them. */
#ifndef F_ADD_SEALS
#define F_ADD_SEALS 1033
#define F_SEAL_SEAL 1
#define F_SEAL_SHRINK 2
#define F_SEAL_GROW 4
#endif

/* In bytes. Larger pieces have a segment of their own. */
#define SEGMENT_SIZE ((size_t)256 * 1024)
#define LARGEST_SMALL (SEGMENT_SIZE / 8)

#define ALIGNMENT ((size_t)16)

struct Segment {
    int64_t id;
    uint8_t *memory;
    size_t size;
    int descriptor;
    atomic_size_t pieces; /* those that are not free, and 1 while it is the open one */
};

/* The segment that small pieces are taken from. */
static struct {
    pthread_mutex_t mutex;
    Segment *open; /* or NULL */
    size_t used;
    int64_t ids;
} segments = {.mutex = PTHREAD_MUTEX_INITIALIZER};

static size_t
align(size_t size, size_t alignment)
{
    return (size + alignment - 1) / alignment * alignment;
}

uint8_t *
map_new_file(size_t size, int *descriptor)
{
    int file = (int)syscall(SYS_memfd_create, "pyflink-ml-embedded-columns",
                            MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (file < 0) {
        return NULL;
    }
    /* A file that shrinks would end both processes with SIGBUS. */
    if (ftruncate(file, (off_t)size) == 0 &&
        fcntl(file, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) == 0) {
        void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
        if (memory != MAP_FAILED) {
            *descriptor = file;
            return memory;
        }
    }
    close(file);
    return NULL;
}

/* Returns a new segment with one piece, or NULL. The mutex is held. */
static Segment *
new_segment(size_t size)
{
    Segment *segment = malloc(sizeof(*segment));
    if (segment == NULL) {
        return NULL;
    }
    *segment = (Segment){.id = ++segments.ids, .size = size};
    atomic_init(&segment->pieces, 1);
    if ((segment->memory = map_new_file(size, &segment->descriptor)) == NULL) {
        free(segment);
        return NULL;
    }
    return segment;
}

/* Returns a piece of the open segment, which is replaced where it has no room. The mutex is held.
 */
static uint8_t *
allocate_small(size_t size, Segment **segment)
{
    if (segments.open == NULL || segments.used + size > SEGMENT_SIZE) {
        Segment *new = new_segment(SEGMENT_SIZE);
        if (new == NULL) {
            return NULL;
        }
        if (segments.open != NULL) {
            segment_free(segments.open);
        }
        segments.open = new;
        segments.used = 0;
    }
    uint8_t *bytes = segments.open->memory + segments.used;
    segments.used += size;
    atomic_fetch_add_explicit(&segments.open->pieces, 1, memory_order_relaxed);
    *segment = segments.open;
    return bytes;
}

uint8_t *
segment_allocate(size_t size, Segment **segment)
{
    uint8_t *bytes = NULL;
    size_t page = (size_t)sysconf(_SC_PAGESIZE);

    pthread_mutex_lock(&segments.mutex);
    if (size <= LARGEST_SMALL) {
        bytes = allocate_small(align(size, ALIGNMENT), segment);
    }
    else if ((*segment = new_segment(align(size, page))) != NULL) {
        bytes = (*segment)->memory;
    }
    pthread_mutex_unlock(&segments.mutex);
    return bytes;
}

void
segment_free(Segment *segment)
{
    if (atomic_fetch_sub_explicit(&segment->pieces, 1, memory_order_acq_rel) == 1) {
        munmap(segment->memory, segment->size);
        close(segment->descriptor);
        free(segment);
    }
}

Place
segment_place(const Segment *segment, const uint8_t *bytes)
{
    return (Place){.id = segment->id,
                   .descriptor = segment->descriptor,
                   .segment_size = segment->size,
                   .offset = (size_t)(bytes - segment->memory)};
}
