"""Tests of TransformersPredictFunction."""
