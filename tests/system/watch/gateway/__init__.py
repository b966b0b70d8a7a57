"""Tests with real processes: gateways."""
