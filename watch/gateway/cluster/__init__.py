"""The state of the whole cluster: workers, queues, health and metrics."""
