"""Certificates that applications show (RFC 8705): who says which one came, what stands in it.

Owns how a proxy writes one down, who is believed, who issued it, and the names in it. It never
decides who an application is, or what a token is bound to.
"""
