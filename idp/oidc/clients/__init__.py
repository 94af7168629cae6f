"""Applications as the protocol knows them: what is registered, parsed, changed, and their secrets.

Owns the members of client metadata and the rules between them. It never authenticates a client.
"""
