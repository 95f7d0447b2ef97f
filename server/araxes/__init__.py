"""Araxes: who holds which position on which issue in the South Caucasus, when, and according to whom."""

__version__ = "0.2.0"
