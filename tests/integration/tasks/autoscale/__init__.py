"""Tests of autoscale."""
