"""The live market: from the market data service's WebSocket to the queue of bars.

``socket`` keeps a connection and gives its frames, ``frames`` tells bars from the rest, ``hand`` holds them while
the broker is slow, ``relay`` sends them from a thread of its own, ``live`` runs the two and shows how they go.
"""
