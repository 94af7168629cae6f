"""Ledgers for tests: made by the form alone, changed as a forger would, and years of sign-ins."""
