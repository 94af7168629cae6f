"""What pages are made of, as pure functions."""
