"""What a deployment decides: settings, Celery's configuration, telemetry, logging."""
