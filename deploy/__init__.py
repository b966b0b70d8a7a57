"""What ships the system and what runs it on one machine."""
