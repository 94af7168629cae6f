"""What a collector of OpenTelemetry is told of a server."""
