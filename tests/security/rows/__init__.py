"""What anyone can do who writes to the database, and has no keyring."""
