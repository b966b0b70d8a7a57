"""How calls are sent: a message template filled in, and many messages put in the queue by one write."""
