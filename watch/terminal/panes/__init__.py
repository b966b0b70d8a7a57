"""The parts of the terminal's screen."""
