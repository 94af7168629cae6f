"""Tokens: an Authorization goes in, tokens and their event come out, in one place.

Owns what tokens say and what signs them. It never judges what a sign-in is worth, and never
decides whether a request may have a token.
"""
