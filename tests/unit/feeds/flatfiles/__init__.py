"""Tests of flatfiles."""
