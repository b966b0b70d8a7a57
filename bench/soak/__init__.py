"""A long run of everything at a steady rate, and whether anything grows, drifts or gets lost."""
