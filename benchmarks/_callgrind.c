/* SPDX-License-Identifier: Apache-2.0 */
/* Lets Python code say which of its calls callgrind counts. */

#include <valgrind/callgrind.h>

/* Begins a window without any count. */
void
begin_count(void)
{
    CALLGRIND_START_INSTRUMENTATION;
    CALLGRIND_ZERO_STATS;
}

/* Ends the window, and writes its counts to a file with this description. */
void
end_count(const char *description)
{
    CALLGRIND_DUMP_STATS_AT(description);
    CALLGRIND_STOP_INSTRUMENTATION;
}
