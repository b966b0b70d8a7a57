"""``make conformance``: kombu's own tests of its Redis transport, against stock's classes and against ours.

The tests come from the source distribution of the kombu that is installed, fetched at each run. One that does not
end as with stock's classes either is listed in `differences.py`, with the reason, or shows a bug here.
"""
