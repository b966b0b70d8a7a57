"""Tests of massive."""
