"""Messages are validated here before any of Celery's own code reads them; refused ones become dead letters."""
