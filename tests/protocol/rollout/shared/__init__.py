"""Profiles that several people use: their signs, the score, and the split."""
