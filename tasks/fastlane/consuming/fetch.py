"""The script that fetches messages.

It is sent whole (``EVAL``) and not by digest: next to hundreds of messages a script's text weighs nothing, and a
server that restarted or failed over needs no special care.
"""

from importlib.resources import files

FETCH = files(__package__).joinpath("fetch.lua").read_text("utf-8")
