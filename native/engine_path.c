/* SPDX-License-Identifier: Apache-2.0 */
/* Predicts with the engine of a function. */

#include "engine_path.h"

#include "memory.h"
#include "tap.h"

#include <pthread.h>

/* Returns count, or DECLINED, which leaves the input as it is. */
static int
predict(OpenFunction *self, int slot, int64_t start, int count)
{
    Columns *output = self->output;

    if (self->engine == NULL || columns_try_reset(output, output->rows) < 0) {
        return DECLINED;
    }
    output->rows = 0;
    if (columns_try_reserve(output, count) < 0) {
        return DECLINED;
    }
    activity_enter(self->activity, pthread_self());
    int status = self->engine->predict(self->engine, self->inputs[slot], start, count, output);
    activity_leave(self->activity);
    if (status == DECLINED) {
        return DECLINED;
    }
    output->rows = count;
    if (self->measure.is_measured) {
        measure_engine(&self->measure, self->inputs[slot], start, count, output);
        measure_memory(&self->measure, self->inputs, self->slots, output);
    }
    return count;
}

/* Returns the bit for a side whose memory moved, and clears the note of it. */
static int
take_moved(Columns *columns, int bit)
{
    bool moved = columns->moved;
    columns->moved = false;
    return moved ? bit : 0;
}

/* Passes rows that were predicted to the tap where they are due. */
static void
tap_rows(OpenFunction *self, int slot, int64_t start, int count, int64_t row_number)
{
    if (tap_is_due(self, count)) {
        PyGILState_STATE gil = PyGILState_Ensure();
        tap_take(self, slot, start, count, row_number);
        PyGILState_Release(gil);
    }
}

int
predict_row_by_engine(OpenFunction *self, int64_t row_number)
{
    Columns *input = self->inputs[0];

    int rows = predict(self, 0, 0, 1);
    if (rows == DECLINED) {
        return DECLINED;
    }
    self->offsets[0] = 1;
    tap_rows(self, 0, 0, 1, row_number); /* before the input is reset */
    if (columns_try_reset(input, 1) < 0 && input->exported) {
        return DECLINED;
    }
    return rows | take_moved(input, INPUT_MOVED) | take_moved(self->output, OUTPUT_MOVED);
}

int
predict_batch_by_engine(OpenFunction *self, int slot, int64_t start, int count, int64_t row_number)
{
    int rows = predict(self, slot, start, count);
    if (rows == DECLINED) {
        return DECLINED;
    }
    for (int i = 0; i < count; i++) {
        self->offsets[i] = i + 1;
    }
    tap_rows(self, slot, start, count, row_number);
    return rows | take_moved(self->output, OUTPUT_MOVED);
}
