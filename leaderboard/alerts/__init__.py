"""Alerts: rules over the whole market, declared in a TOML file, that fire for symbols at each tick."""
