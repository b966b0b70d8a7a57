"""Tests with real processes: gateways and the terminal."""
