"""The core: events, rows, sessions, boards, reference data and the store. No Celery, no web server."""
