"""Passwords of an account: chosen, changed, forgotten, and how they are kept."""
