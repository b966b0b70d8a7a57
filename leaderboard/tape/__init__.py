"""The tape: a Redis stream of whatever changes the boards, written by the scripts while somebody records."""
