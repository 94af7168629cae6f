"""Factors, passwords, address and number over the life of an account."""
