"""Proves what was published: each tick of a recorded day is computed anew and compared with its digest."""
