/* SPDX-License-Identifier: Apache-2.0 */
/* Memory that grows, for what one call fills and reads. Nothing here needs the GIL. */
#ifndef PYFLINK_ML_EMBEDDED_BUFFER_H
#define PYFLINK_ML_EMBEDDED_BUFFER_H

#include <stddef.h>
#include <stdint.h>

/* Empty where it is zero. */
typedef struct {
    void *memory;    /* owned, or NULL */
    size_t capacity; /* in bytes */
} Buffer;

/* Returns memory for count items of this size, or NULL without an exception. It is valid until the
   next call, and its contents are undefined. */
void *buffer_reserve(Buffer *buffer, int64_t count, size_t item_size);

/* Frees the memory. The buffer is then empty. */
void buffer_clear(Buffer *buffer);

#endif
