"""Predict functions that are ready to use."""
