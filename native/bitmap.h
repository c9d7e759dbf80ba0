/* SPDX-License-Identifier: Apache-2.0 */
/* Validity bitmaps of Arrow: the least significant bit of a byte is the first. */
#ifndef PYFLINK_ML_EMBEDDED_BITMAP_H
#define PYFLINK_ML_EMBEDDED_BITMAP_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

static inline bool
bit_is_set(const uint8_t *bitmap, int64_t index)
{
    return (bitmap[index >> 3] >> (index & 7)) & 1;
}

static inline void
set_bit(uint8_t *bitmap, int64_t index, bool value)
{
    uint8_t mask = (uint8_t)(1u << (index & 7));
    bitmap[index >> 3] = (uint8_t)(value ? bitmap[index >> 3] | mask : bitmap[index >> 3] & ~mask);
}

/* Sets the bits from start to before end. */
static inline void
set_bits(uint8_t *bitmap, int64_t start, int64_t end)
{
    for (; start < end && start % 8 != 0; start++) {
        set_bit(bitmap, start, true);
    }
    if (end - start >= 8) {
        memset(bitmap + start / 8, UINT8_MAX, (size_t)((end - start) / 8));
        start += (end - start) / 8 * 8;
    }
    for (; start < end; start++) {
        set_bit(bitmap, start, true);
    }
}

/* Returns how many of the bits from start to before end are not set. */
static inline int64_t
count_nulls(const uint8_t *validity, int64_t start, int64_t end)
{
    int64_t valid = 0;
    int64_t row = start;

    for (; row < end && row % 8 != 0; row++) {
        valid += bit_is_set(validity, row) ? 1 : 0;
    }
    for (; row + 64 <= end; row += 64) {
        uint64_t bits;
        memcpy(&bits, validity + row / 8, sizeof(bits));
        valid += __builtin_popcountll(bits);
    }
    for (; row < end; row++) {
        valid += bit_is_set(validity, row) ? 1 : 0;
    }
    return end - start - valid;
}

#endif
