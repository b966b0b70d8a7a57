"""Tests of sparklines, on a real Redis."""
