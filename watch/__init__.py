"""Where people and programs watch the published boards: terminal, gateway and page."""
