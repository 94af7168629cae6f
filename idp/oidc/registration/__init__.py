"""Dynamic client registration (RFC 7591, RFC 7592): clients that register themselves.

Owns the endpoint, what a client may say of itself, and what becomes of those no one uses. What a
member may be, `clients` says.
"""
