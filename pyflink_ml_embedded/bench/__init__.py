"""The benchmark: ML_PREDICT with this provider against every other way to run a Python model."""
