"""The tape that is recorded: that of one server, or what is collected from the tapes of several."""
