"""Boards and screens for clients that follow them by their changes."""
