"""The commands of ``python -m tasks``, for operators."""
