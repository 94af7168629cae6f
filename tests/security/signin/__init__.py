"""What an attacker could do to a sign-in, or learn by it."""
