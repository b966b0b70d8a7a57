"""Tests of leaderboard.connections."""
