"""Drills in containers: the image and docker-compose.yml as they are, by the engine of this machine."""
