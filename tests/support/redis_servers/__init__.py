"""Servers of Redis that are watched, moved in time, guarded or badly reached."""
