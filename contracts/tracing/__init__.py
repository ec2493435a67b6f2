"""OpenTelemetry traces: one id follows a transaction or an episode through all processes."""
