/* SPDX-License-Identifier: Apache-2.0 */
/* Blocks: reference-counted bytes, so that exported arrays can outlive their columns. */

#include "block.h"

#include "native.h"

#include <stdatomic.h>
#include <string.h>

/* Before the bytes of the block, which it keeps aligned as malloc aligns. */
typedef struct {
    atomic_size_t holders;
    Segment *segment; /* that it is part of, or NULL */
} Header;

_Static_assert(sizeof(Header) % 16 == 0, "blocks are aligned as malloc aligns");

static atomic_bool are_shared = false;

void
blocks_share(void)
{
    atomic_store(&are_shared, true);
}

static Header *
header_of(const uint8_t *bytes)
{
    return (Header *)(void *)(bytes - sizeof(Header));
}

/* Returns the bytes of a block that starts at memory, which may be NULL. */
static uint8_t *
block_at(void *memory, Segment *segment)
{
    if (memory == NULL) {
        return NULL;
    }
    uint8_t *bytes = (uint8_t *)memory + sizeof(Header);
    atomic_init(&header_of(bytes)->holders, 1);
    header_of(bytes)->segment = segment;
    return bytes;
}

static uint8_t *
new_shared(size_t size)
{
    Segment *segment = NULL;
    uint8_t *memory = segment_allocate(sizeof(Header) + size, &segment);
    return block_at(memory, segment);
}

uint8_t *
block_new(size_t size)
{
    return atomic_load(&are_shared) ? new_shared(size)
                                    : block_at(PyMem_RawMalloc(sizeof(Header) + size), NULL);
}

uint8_t *
block_new_zeroed(size_t size)
{
    return atomic_load(&are_shared) ? new_shared(size)
                                    : block_at(PyMem_RawCalloc(1, sizeof(Header) + size), NULL);
}

uint8_t *
block_resize(uint8_t *bytes, size_t old_size, size_t size)
{
    if (header_of(bytes)->segment == NULL) {
        return block_at(PyMem_RawRealloc(bytes - sizeof(Header), sizeof(Header) + size), NULL);
    }
    uint8_t *resized = new_shared(size);
    if (resized != NULL) {
        memcpy(resized, bytes, old_size < size ? old_size : size);
        block_release(bytes);
    }
    return resized;
}

uint8_t *
block_hold(uint8_t *bytes)
{
    atomic_fetch_add_explicit(&header_of(bytes)->holders, 1, memory_order_relaxed);
    return bytes;
}

void
block_release(uint8_t *bytes)
{
    if (bytes == NULL ||
        atomic_fetch_sub_explicit(&header_of(bytes)->holders, 1, memory_order_acq_rel) != 1) {
        return;
    }
    if (header_of(bytes)->segment != NULL) {
        segment_free(header_of(bytes)->segment);
    }
    else {
        PyMem_RawFree(bytes - sizeof(Header));
    }
}

bool
block_is_shared(uint8_t *bytes)
{
    return bytes != NULL &&
           atomic_load_explicit(&header_of(bytes)->holders, memory_order_acquire) > 1;
}

Place
block_place(const uint8_t *bytes)
{
    return segment_place(header_of(bytes)->segment, bytes);
}
