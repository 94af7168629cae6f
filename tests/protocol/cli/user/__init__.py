"""`acrux user`: people, what they are reached by, what they sign in with, and why they cannot."""
