"""Devices that ask for a sign-in elsewhere: what they send, and what they are told."""
