"""Flat files, time and a queue for the tests of feeds."""
