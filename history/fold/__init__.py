"""The market as it follows from its bars: folded over arrays, by code that shares nothing with ``apply.lua``."""
