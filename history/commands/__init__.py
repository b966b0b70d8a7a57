"""The commands of ``python -m history``: a module each, with a function of the same name."""
