"""Tests with real processes: what ships the system."""
