"""The token endpoint (RFC 6749 section 3.2): five phases, and a file for each grant.

Owns `POST /token`: which grants there are, what a client presents for each, and that it counts
once. It never decides what a sign-in is worth, and never makes a token itself: `idp.oidc.tokens`.
"""
