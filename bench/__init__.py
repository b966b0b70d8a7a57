"""What measures the system. Each figure comes with its rounds' minimum, median and maximum."""
