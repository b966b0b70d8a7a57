"""The Lua scripts of the transport, as texts.

They are sent whole (``EVAL``) and not by digest: next to hundreds of messages a script's text weighs nothing, and
a server that restarted or failed over needs no special care.
"""

from importlib.resources import files

FETCH = files(__package__).joinpath("fetch.lua").read_text("utf-8")
RESTORE = files(__package__).joinpath("restore.lua").read_text("utf-8")
