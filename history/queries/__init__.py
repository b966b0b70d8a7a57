"""What can be asked of recorded days."""
