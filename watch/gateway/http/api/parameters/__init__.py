"""Reads what a request asks for: query parameters, each with its description for OpenAPI."""
