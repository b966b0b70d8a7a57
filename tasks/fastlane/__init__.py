"""The fast lane: thousands of Celery tasks a second over Redis, by fetching, running and acknowledging in bulk.

A library of its own that knows nothing of what its tasks do. Every call is one message of Celery's, as any client
of Celery sends it, and any stock worker can share the queue.

* :mod:`~tasks.fastlane.transport` - kombu's Redis transport with bulk fetches
  (:func:`~tasks.fastlane.transport.install`)
"""
