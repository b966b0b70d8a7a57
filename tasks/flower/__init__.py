"""Secures Flower. Only its own process loads more than the login check."""
