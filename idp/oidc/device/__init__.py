"""Sign-ins for devices on which nobody can sign in (RFC 8628): a television, a program in a shell.

Owns what a device asks and is given, the code that a person types, and the page on which that is
answered. The sign-in that follows is the one that everybody has; the tokens are the token
endpoint's (`idp.oidc.token_endpoint.device`).
"""
