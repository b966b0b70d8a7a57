"""Days of the tape on disk, as Parquet that any program can read.

A day's folder holds parts: folders that each hold what the tape said from one position to another, a file for each
table (:mod:`history.archive.schema`, :mod:`history.archive.part`). The recorder writes small ones and merges them
(:mod:`history.archive.merging`). Readers start with :class:`history.archive.day.Day`.
"""
