"""Tests of what the gateway answers of recorded history."""
