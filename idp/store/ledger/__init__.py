"""What the ledger keeps: leaves, what was sealed, whose turn it is to seal, and names of people.

Owns these rows and the questions asked of them. It never decides what a leaf says, nor signs.
"""
