"""Tests of watch.terminal."""
