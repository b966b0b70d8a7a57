"""Tests of leaderboard.alerts."""
