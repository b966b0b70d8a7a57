"""Tests of leaderboard.tape."""
