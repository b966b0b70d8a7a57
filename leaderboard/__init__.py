"""The core: events, rows, boards, sessions and reference data. No Celery, no web server.

* ``connections/``: connections to the Redis that holds the boards, and what its errors mean.
* ``scripts/``: the scripts in Lua, and how they are called.
* ``store/``: what the core keeps in Redis: boards, snapshots, early bars, dead letters, totals.
* ``reference/``: what is known of a symbol besides its bars, and where it is fetched from.
"""
