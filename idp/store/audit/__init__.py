"""What answers auditors: counts of the sealed leaves, sign-ins line by line, questions kept.

Owns the tables that are made of the ledger, and can be made of it again. It never holds what is
nowhere else, but for the questions; and what tokens are worth is decided by nothing in it.
"""
