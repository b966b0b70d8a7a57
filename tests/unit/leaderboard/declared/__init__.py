"""Tests of leaderboard.declared."""
