"""What floods and odd requests do to the server."""
