"""The WebSocket at ``/ws``: its connection, its messages, and the conversation with one client."""
