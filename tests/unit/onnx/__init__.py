"""Tests of OnnxPredictFunction."""
