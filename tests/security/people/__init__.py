"""What a thief, a stranger or a mistake could do to an account."""
