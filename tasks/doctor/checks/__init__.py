"""The checks: each reads what it needs, and judges it by functions of values."""
