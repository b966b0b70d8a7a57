"""The API: the boards, quotes, the whole market and its status, and their description."""
