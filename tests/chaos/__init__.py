"""Drills: the system under load while something is broken on purpose, compared with the oracle afterwards."""
