"""What operators do by hand: ``python -m tasks``."""
