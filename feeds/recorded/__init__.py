"""Replays recorded days."""
