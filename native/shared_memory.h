/* SPDX-License-Identifier: Apache-2.0 */
/* Memory that the JVM of a worker process maps: segments, which are files without a name. Blocks
   are allocated in them. All functions may be called on any thread, with or without the GIL. */
#ifndef PYFLINK_ML_EMBEDDED_SHARED_MEMORY_H
#define PYFLINK_ML_EMBEDDED_SHARED_MEMORY_H

#include <stddef.h>
#include <stdint.h>

typedef struct Segment Segment;

/* Creates a file of size bytes without a name, which can neither shrink nor grow, and maps it.
   Returns its zeroed memory and fills *descriptor, or returns NULL. */
uint8_t *map_new_file(size_t size, int *descriptor);

/* Returns size zeroed bytes, aligned to 16 bytes, and fills *segment with the segment that they
   are in; or returns NULL. */
uint8_t *segment_allocate(size_t size, Segment **segment);

/* Frees bytes of segment: its memory, once all of it is free. */
void segment_free(Segment *segment);

/* Where another process finds bytes. */
typedef struct {
    int64_t id; /* of the segment, unique in this process */
    int descriptor;
    size_t segment_size;
    size_t offset;
} Place;

/* Returns the place of bytes that are allocated in segment. Borrows both. */
Place segment_place(const Segment *segment, const uint8_t *bytes);

#endif
