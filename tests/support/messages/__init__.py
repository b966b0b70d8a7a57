"""Messages in a queue, good and bad, and consumers of them."""
