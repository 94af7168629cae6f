"""What a token is bound to beside its client: a key that is shown with each use (RFC 9449).

Owns proofs of possession, their nonces, and that each is used once. It never decides which token
needs one: the endpoints hold what is shown against what is stored.
"""
