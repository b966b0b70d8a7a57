"""The recorder: takes the tape from Redis into the archive."""
