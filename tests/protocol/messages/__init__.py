"""What reaches a person by mail, text message and call, and how it fares."""
