"""The plans about logout, and what they share."""
