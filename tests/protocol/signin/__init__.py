"""The sign-in: its steps, what begins it, and what becomes of one that is left."""
