"""Tests with real processes: workers, beats and Flower."""
