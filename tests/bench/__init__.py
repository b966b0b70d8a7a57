"""Tests of the benchmarks and the soak run: that they measure, and would tell of a lost bar."""
