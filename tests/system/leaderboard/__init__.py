"""Tests with real processes: operators' commands."""
