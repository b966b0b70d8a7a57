"""Bars from flat files: reads the files, splits them into trading days and replays these."""
