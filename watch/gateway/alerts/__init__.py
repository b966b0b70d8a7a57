"""The alerts: the gateway's copy of the newest, and their way to clients."""
