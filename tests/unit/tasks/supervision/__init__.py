"""Tests of the supervision of workers."""
