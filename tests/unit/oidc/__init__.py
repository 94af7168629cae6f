"""The protocol, without a server."""
