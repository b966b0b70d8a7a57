"""Keeps Flower up, and closed to strangers. All but the login check is loaded in its own process only."""
