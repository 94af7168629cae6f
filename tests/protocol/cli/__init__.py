"""The `acrux` command, and the demo that it starts."""
