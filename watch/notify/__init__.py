"""The notifier: sends alerts on to the services that ALERT_URLS names."""
