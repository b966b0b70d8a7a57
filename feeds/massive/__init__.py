"""The live market: from the market data service's WebSocket to the queue of bars.

``subscriber`` keeps a connection, ``frames`` tells bars from other messages, ``buffer`` holds them while the
broker is slow, ``publisher`` sends their bars from a thread of its own, ``live_feed`` runs them all.
"""
