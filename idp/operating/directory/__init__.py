"""What a directory does with people and groups: it adds, changes, switches off and deletes them.

A directory is a program that acts for itself (`operating.actor`). Owns what its words mean here
(`words`), that a group and its people change together, and the tokens that last. Whom it may act on
and what a person may be are `operating.people`'s; it never speaks a protocol.
"""
