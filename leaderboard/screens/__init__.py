"""Screens: boards over the whole market that a deployment declares in a TOML file."""
