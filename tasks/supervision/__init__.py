"""Notices workers and pool processes that hang."""
