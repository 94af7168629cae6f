"""The ledger of evidence at work: leaves go into the transaction of what they prove, and are sealed
afterwards.

Owns what is recorded of which act, and what the ledger calls people. It never decides what an act
is worth, and what a leaf looks like is `idp.evidence`'s.
"""
