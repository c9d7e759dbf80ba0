"""Tests of the Python modules."""
