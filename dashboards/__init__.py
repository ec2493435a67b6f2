"""Grafana dashboards as code, and the rules of Prometheus."""
