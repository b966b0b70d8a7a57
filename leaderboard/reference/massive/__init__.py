"""Reference data from Massive: the source, the calls of its REST API, their rate, retries and answers."""
