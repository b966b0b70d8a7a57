"""Where the boards are watched, from what the core publishes."""
