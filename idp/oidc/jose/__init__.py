"""Signed tokens (RFC 7515, 7517, 7519): read strictly, made by one function.

Owns the form of a JWS and a JWE, and the reading of keys. It never knows what a claim means.
"""
