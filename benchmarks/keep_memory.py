# SPDX-License-Identifier: Apache-2.0
"""Keeps the memory of a virtual machine in it while something is measured, until it is interrupted.

A guest can report free memory to its host, which takes it and provides it again when it is next
used (Linux: free page reporting, of blocks of 2 MB on x86-64). Using it again then costs several
times as much. This uses all free memory but 2 GB once, and frees it again but for one page of each
128 KB, so that hardly any free block is large enough to be reported.
"""

from __future__ import annotations

import mmap
import signal
import time
from contextlib import suppress
from pathlib import Path

_LEFT_FREE = 2 << 30
_KEPT_EACH = 128 << 10


def _free_bytes() -> int:
    lines = Path("/proc/meminfo").read_text().splitlines()
    return next(int(line.split()[1]) << 10 for line in lines if line.startswith("MemFree:"))


def _main() -> None:
    size = (_free_bytes() - _LEFT_FREE) // _KEPT_EACH * _KEPT_EACH
    if size <= 0:
        raise SystemExit("less than 2 GB of memory is free: nothing to keep")
    memory = mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    memory.madvise(mmap.MADV_NOHUGEPAGE)
    start = time.perf_counter()
    for page in range(0, size, mmap.PAGESIZE):
        memory[page] = 1
    microseconds = (time.perf_counter() - start) / (size // mmap.PAGESIZE) * 1e6
    for block in range(0, size, _KEPT_EACH):
        memory.madvise(mmap.MADV_DONTNEED, block + mmap.PAGESIZE, _KEPT_EACH - mmap.PAGESIZE)
    print(
        f"{size >> 30} GB used once, {microseconds:.1f} µs a page; keeps them until interrupted",
        flush=True,
    )
    with suppress(KeyboardInterrupt):
        signal.pause()


if __name__ == "__main__":
    _main()
