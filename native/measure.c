/* SPDX-License-Identifier: Apache-2.0 */
/* What a call of an open function took: time and bytes. */

#include "measure.h"

/* Returns the bytes of the values and offsets of count rows from start on. User code may have
   written nonsense to offsets that were exported to it. */
static int64_t
bytes_of_rows(const Columns *columns, int64_t start, int64_t count)
{
    int64_t bytes = 0;

    if (count <= 0 || columns->arena == NULL || start < 0 || start + count > columns->capacity) {
        return 0;
    }
    for (Py_ssize_t i = 0; i < Py_SIZE(columns); i++) {
        const Column *column = &columns->columns[i];
        bytes += (count * column->codec->bit_width + 7) / 8;
        if (has_offsets(column->codec)) {
            int32_t from = offset_at(columns->arena, column, start);
            int32_t to = offset_at(columns->arena, column, start + count);
            bytes += column->elements == NULL ? (int64_t)to - from
                                              : bytes_of_rows(column->elements, from, to - from);
        }
    }
    return bytes;
}

void
measure_input(Measure *measure, const Columns *input, int64_t start, int64_t count)
{
    window_record(&measure->statistics->input_bytes, (double)bytes_of_rows(input, start, count));
}

/* Notes that the next row is measured too if this call was long. */
static void
note_time(Measure *measure, int64_t took)
{
    measure->skipped = took > LONG_ROW ? 0 : measure->skipped;
}

void
measure_end(Measure *measure, const Columns *output)
{
    Statistics *statistics = measure->statistics;
    int64_t end = measure_now();
    int64_t converting = end - measure->entered - measure->model_ns;
    note_time(measure, end - measure->began);
    window_record(&statistics->gil_wait, (double)(measure->entered - measure->began));
    window_record(&statistics->model, (double)measure->model_ns);
    window_record(&statistics->converting, (double)(converting < 0 ? 0 : converting));
    window_record(&statistics->output_bytes, (double)bytes_of_rows(output, 0, output->rows));
}

void
measure_engine(Measure *measure, const Columns *input, int64_t start, int64_t count,
               const Columns *output)
{
    int64_t took = measure_now() - measure->began;
    note_time(measure, took);
    measure_input(measure, input, start, count);
    window_record(&measure->statistics->model, (double)took);
    window_record(&measure->statistics->output_bytes,
                  (double)bytes_of_rows(output, 0, output->rows));
}

void
measure_memory(Measure *measure, Columns *const *inputs, int slots, const Columns *output)
{
    int64_t bytes = atomic_load_explicit(&output->bytes, memory_order_relaxed);
    for (int slot = 0; slot < slots; slot++) {
        bytes += atomic_load_explicit(&inputs[slot]->bytes, memory_order_relaxed);
    }
    atomic_store_explicit(&measure->statistics->column_bytes, (double)bytes, memory_order_relaxed);
}
