"""Tests of the fold against Redis."""
