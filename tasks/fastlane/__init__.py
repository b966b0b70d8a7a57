"""The fast lane: Celery tasks by the ten thousand a second over Redis, sent, fetched, run and acked in bulk.

A library of its own that knows nothing of what its tasks do. Every call is one message of Celery's: any client of
Celery can send to it, and any stock worker can share its queues.

* :func:`tasks.fastlane.transport.install` makes the worker's transport: bulk fetches, bulk acknowledgements.
* :class:`tasks.fastlane.task.BatchTask` is the base of a task whose calls run many at a time, and which is sent by
  ``delay``, ``delay_many`` and ``buffered`` at a fraction of what a message costs in Celery.
* :mod:`tasks.fastlane.pool` sees to the worker's pool.
"""
