"""Addresses for programs that speak no OpenID Connect: a carrier's reports, the ledger's tiles.

Believes what the carrier signed and nothing else; knows no session and shows no page.
"""
