/* SPDX-License-Identifier: Apache-2.0 */
/* Reference-counted bytes. The last holder to release them frees them, on any thread, with or
   without the GIL. */
#ifndef PYFLINK_ML_EMBEDDED_BLOCK_H
#define PYFLINK_ML_EMBEDDED_BLOCK_H

#include "shared_memory.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Makes all blocks of this process from now on parts of shared memory, as in a worker. */
void blocks_share(void);

/* Return new bytes with one holder, zeroed or not, or NULL without an exception. */
uint8_t *block_new(size_t size);
uint8_t *block_new_zeroed(size_t size);

/* Returns the first bytes of a block of old_size in one of size, or NULL without an exception,
   which leaves bytes unchanged. Takes bytes on success. The caller is the only holder. */
uint8_t *block_resize(uint8_t *bytes, size_t old_size, size_t size);

/* Adds a holder. Returns bytes. */
uint8_t *block_hold(uint8_t *bytes);

/* Takes bytes, which may be NULL. */
void block_release(uint8_t *bytes);

/* Whether anyone but the caller holds bytes. Borrows bytes, which may be NULL. */
bool block_is_shared(uint8_t *bytes);

/* Returns where another process finds bytes of a block in shared memory. Borrows bytes. */
Place block_place(const uint8_t *bytes);

#endif
