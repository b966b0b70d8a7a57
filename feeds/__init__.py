"""Where events come from: each feed is a command of ``python -m feeds``, ``process_agg.delay_many`` its way out.

Bars go one way: a source makes them, a pace tells when each is due, the queue takes them while it is not too full.
"""
