"""The past: recorded days, queries over them, and volume profiles."""
