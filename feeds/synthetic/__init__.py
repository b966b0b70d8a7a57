"""A made-up market: listed symbols, what happens to them through the day, and their bars."""

from feeds.synthetic.market import Market

__all__ = ["Market"]
