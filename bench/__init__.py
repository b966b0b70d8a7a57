"""Benchmarks. Each figure is the median of its rounds, with the minimum and the maximum."""

from config.extras import extra

# Imported here so that any benchmark names the extra if it is not installed.
with extra("bench"):
    import psutil  # noqa: F401
