"""Tests of tasks.bar_reports."""
