"""APIs that an operator registered: their scopes and kinds of details, in words that people read.

Owns what an API may have, and what an application may ask of it in detail (RFC 9396). It never
decides who is let in, and shows nothing: the pages do, in the language of whoever reads.
"""
