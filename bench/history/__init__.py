"""What it costs to record the market, and to ask what it was."""
