"""Tests of leaderboard.alerts, with a real Redis."""
