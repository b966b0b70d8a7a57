"""Tasks by the ten thousand a second, for any Celery project on Redis: what Celery does, in fewer steps."""
