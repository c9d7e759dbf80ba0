"""Predict functions as user-defined functions of PyFlink."""
