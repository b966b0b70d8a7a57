"""Connections to the Redis that holds the boards, and what its errors mean."""
