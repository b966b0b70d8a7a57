"""The command ``leaderboards``: every room's commands under one name."""
