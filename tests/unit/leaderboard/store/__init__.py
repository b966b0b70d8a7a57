"""Tests of leaderboard.store."""
