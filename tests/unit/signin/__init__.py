"""What a sign-in is for, and the values that travel with it."""
