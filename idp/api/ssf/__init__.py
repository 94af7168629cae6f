"""`/ssf/`: applications look after their streams of signals, and poll them (SSF 1.0, RFC 8936).

Owns the standard's words for the use cases of `idp.operating.applications.streams`. An application
has one stream, its own, and reaches no other.
"""
