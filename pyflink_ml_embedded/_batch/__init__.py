"""Batch functions: how they are called, and how their results are written."""
