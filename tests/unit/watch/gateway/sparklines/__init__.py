"""Tests of sparklines."""
