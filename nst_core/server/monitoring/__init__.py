"""What an operator watches: metrics for Prometheus, a dashboard for Grafana, and traces of runs for OpenTelemetry."""
