"""Runs the contenders and keeps what was measured of them."""
