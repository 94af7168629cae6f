"""Whom the console's pages are for: the level they ask for, and the roles."""

LEVEL = "urn:acrux:acr:mfa"
AUDITORS = ("auditor", "admin")
