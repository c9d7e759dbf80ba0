/* SPDX-License-Identifier: Apache-2.0 */
/* Memory that grows, at least to twice its size, and does not shrink. */

#include "buffer.h"

#include "native.h"

void *
buffer_reserve(Buffer *buffer, int64_t count, size_t item_size)
{
    size_t size;

    if (__builtin_mul_overflow(count, item_size, &size)) {
        return NULL;
    }
    if (size > buffer->capacity || buffer->memory == NULL) {
        size_t capacity = size > 2 * buffer->capacity ? size : 2 * buffer->capacity;
        void *memory = PyMem_RawMalloc(capacity);
        if (memory == NULL) {
            return NULL;
        }
        PyMem_RawFree(buffer->memory);
        buffer->memory = memory;
        buffer->capacity = capacity;
    }
    return buffer->memory;
}

void
buffer_clear(Buffer *buffer)
{
    PyMem_RawFree(buffer->memory);
    *buffer = (Buffer){0};
}
