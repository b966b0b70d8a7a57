"""Tests with real processes: who may do what, and what nobody may see."""
