"""Tests with real processes: the feeds as their user meets them."""
