"""A board in the terminal: ``leaderboards top``."""
