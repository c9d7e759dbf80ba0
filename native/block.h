/* SPDX-License-Identifier: Apache-2.0 */
/* Bytes that have holders. The last that releases them frees them, on any thread, with or without
   the GIL. */
#ifndef PYFLINK_ML_EMBEDDED_BLOCK_H
#define PYFLINK_ML_EMBEDDED_BLOCK_H

#include "native.h"

/* Return new bytes with one holder, zeroed or not, or NULL without an exception. */
uint8_t *block_new(size_t size);
uint8_t *block_new_zeroed(size_t size);

/* Returns bytes resized, or NULL without an exception, when they are as they were. Takes bytes, of
   which nobody else is a holder, where it succeeds. */
uint8_t *block_resize(uint8_t *bytes, size_t size);

/* Adds a holder. Returns bytes. */
uint8_t *block_hold(uint8_t *bytes);

/* Takes bytes, which may be NULL. */
void block_release(uint8_t *bytes);

/* Whether there are other holders than the caller. Borrows bytes, which may be NULL. */
bool block_is_shared(uint8_t *bytes);

#endif
