"""What a token is bound to beside its client: a key or a certificate (RFC 9449, RFC 8705).

Owns that it is shown with each use: proofs of possession, their nonces, that each is used once. It
never decides which token needs one: the endpoints hold what is shown against what is stored.
"""
