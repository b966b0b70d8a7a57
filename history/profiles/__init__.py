"""Volume profiles, made of flat files or of recorded days."""
