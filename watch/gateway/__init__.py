"""The web gateway: the boards and quotes over WebSocket and HTTP, however many look on."""
