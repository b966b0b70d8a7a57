"""Puts a market of the archive back into Redis."""
