"""Addresses for programs that speak no OpenID Connect: carriers, witnesses of the ledger, and `v1`.

Of reports it believes what the carrier signed and nothing else. It knows no session.
"""
