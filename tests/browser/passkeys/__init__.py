"""Passkeys in Chromium, with a virtual authenticator."""
