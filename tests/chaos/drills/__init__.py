"""The drills, each by its name: what is broken, and what must hold all the same."""
