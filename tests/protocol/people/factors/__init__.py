"""Ways to sign in of an account: set up, lost, taken away, given again."""
