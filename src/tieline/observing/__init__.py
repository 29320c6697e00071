"""How a running server can be watched: numbers for Prometheus, lines of log, spans of OpenTelemetry."""
