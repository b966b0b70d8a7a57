"""Tests that start processes of the system."""
