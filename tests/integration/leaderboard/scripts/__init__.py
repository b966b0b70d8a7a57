"""Tests of leaderboard.scripts."""
