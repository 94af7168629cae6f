"""The authorization endpoint: requests, consent, answers."""
