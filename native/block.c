/* SPDX-License-Identifier: Apache-2.0 */
/* Blocks: reference-counted bytes, so that exported arrays can outlive their columns. */

#include "block.h"

#include "native.h"

#include <stdatomic.h>

/* In bytes, before those of the block; keeps them aligned as malloc aligns. */
#define HEADER_SIZE 16

typedef atomic_size_t Holders;

static Holders *
holders_of(uint8_t *bytes)
{
    return (Holders *)(void *)(bytes - HEADER_SIZE);
}

/* Returns the bytes of a block that starts at memory, which may be NULL. */
static uint8_t *
block_at(void *memory)
{
    if (memory == NULL) {
        return NULL;
    }
    uint8_t *bytes = (uint8_t *)memory + HEADER_SIZE;
    atomic_init(holders_of(bytes), 1);
    return bytes;
}

uint8_t *
block_new(size_t size)
{
    return block_at(PyMem_RawMalloc(HEADER_SIZE + size));
}

uint8_t *
block_new_zeroed(size_t size)
{
    return block_at(PyMem_RawCalloc(1, HEADER_SIZE + size));
}

uint8_t *
block_resize(uint8_t *bytes, size_t size)
{
    return block_at(PyMem_RawRealloc(bytes - HEADER_SIZE, HEADER_SIZE + size));
}

uint8_t *
block_hold(uint8_t *bytes)
{
    atomic_fetch_add_explicit(holders_of(bytes), 1, memory_order_relaxed);
    return bytes;
}

void
block_release(uint8_t *bytes)
{
    if (bytes != NULL &&
        atomic_fetch_sub_explicit(holders_of(bytes), 1, memory_order_acq_rel) == 1) {
        PyMem_RawFree(bytes - HEADER_SIZE);
    }
}

bool
block_is_shared(uint8_t *bytes)
{
    return bytes != NULL && atomic_load_explicit(holders_of(bytes), memory_order_acquire) > 1;
}
