"""Makes answers: whether the client has it already, and which fields its rows have."""
