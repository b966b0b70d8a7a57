"""Support for tests: servers, clients, processes, data and the oracle."""
