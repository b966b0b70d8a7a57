"""How a worker gets messages: fetched, run and acknowledged in bulk."""
