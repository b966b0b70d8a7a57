"""``python -m tasks doctor``: looks at every part of a deployment, and says what is wrong and what to do.

It is safe to run while the market trades: it writes nothing but questions to workers and beats, and reads little.
Checks run side by side, each within a bounded time; one that fails does not stop the others.
"""
