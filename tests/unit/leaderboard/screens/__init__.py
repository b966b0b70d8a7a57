"""Tests of leaderboard.screens."""
