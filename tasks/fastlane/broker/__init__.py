"""What both lanes need of Redis as a broker: what to do when it refuses, and how messages are restored."""
