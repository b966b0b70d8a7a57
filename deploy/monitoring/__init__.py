"""What Prometheus and Grafana run with: configuration, alarms, the dashboard."""
