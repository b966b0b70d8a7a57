"""From one subscription to Redis to many clients: who is subscribed to what, and what each is sent."""
