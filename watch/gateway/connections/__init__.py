"""Clients' connections, HTTP and WebSocket: how many there may be, and what each address may cost."""
