"""Tests of MlflowPredictFunction."""
