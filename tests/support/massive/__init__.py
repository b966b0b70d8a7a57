"""Servers that speak as the market data service does, and a listener to them."""
