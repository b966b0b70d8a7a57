"""What is known of the whole cluster: workers, queues, health and metrics."""
