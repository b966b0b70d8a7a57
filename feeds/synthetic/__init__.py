"""A made-up market: listed symbols, what they do through the day, and the bars that come of it."""

from feeds.synthetic.market import Market

__all__ = ["Market"]
