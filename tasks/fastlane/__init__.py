"""The fast lane: tens of thousands of Celery tasks a second over Redis, sent, fetched and run in bulk.

A library that knows nothing of what its tasks do. Every call is one Celery message: any Celery client can send it,
and stock workers can share the queues.

* :func:`tasks.fastlane.transport.install` sets the worker's transport: bulk fetches, bulk acknowledgements.
* :class:`tasks.fastlane.task.BatchTask` is the base class of tasks whose calls run in batches. Its ``delay``,
  ``delay_many`` and ``buffered`` send a message at a fraction of Celery's cost.
* :mod:`tasks.fastlane.pool` chooses the worker's pool.

The way of a call, ``delay`` to acknowledgement:

1. ``sending/``: :class:`TemplateTask` fills it into the task's :class:`Template`; a :class:`Target` writes it, or
   many at once from a :class:`Buffer`, to the queue's list.
2. ``consuming/``: :class:`FetchingChannel` takes messages by ``fetch.lua``, which records them as unacknowledged;
   :class:`BulkChannel` hands each to its task's :class:`BatchConsumer`.
3. :class:`BatchRunner` has the task run the batch (``run_many``), finds calls that fail, and has :class:`QoS`
   acknowledge the rest.
4. ``broker/``: what is not acknowledged is restored to its list by ``restore.lua``.
"""
