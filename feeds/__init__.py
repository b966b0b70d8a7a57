"""Where events come from. Each feed is a command of ``python -m feeds`` and sends with ``process_agg.delay_many``.

A source makes bars, a pace tells when each is due, and backpressure holds them while the queue is too full.
"""
