"""Fake servers of the market data service, and a client of them."""
