"""Client authentication: which application calls (RFC 6749 section 2.3, OIDC Core section 9).

Owns the methods, the keys of clients and the slowing of failures. It never decides what the client
may do.
"""
