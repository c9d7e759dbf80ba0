"""Names that contenders have in results, in the order of all tables and plots."""

from __future__ import annotations

__all__ = ["BATCH_CONTENDERS", "CONTENDERS", "LIMITS", "OURS"]

OURS = ("ours-row", "ours-batch")
LIMITS = ("loop-row", "loop-batch", "java", "java-async")
CONTENDERS = (
    *OURS,
    "process-row",
    "process-row-latency",
    "process-row-throughput",
    "pandas",
    "pandas-latency",
    "pandas-throughput",
    "thread",
    "pemja",
    "http",
    "java-onnx",
    *LIMITS,
)
BATCH_CONTENDERS = frozenset(
    {"ours-batch", "pandas", "pandas-latency", "pandas-throughput", "loop-batch"}
)
"""Those that give the model many rows in one call; the others give it one."""
