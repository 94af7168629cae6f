"""SCIM 2.0 (RFC 7643, RFC 7644) at `/scim/v2/`: directories keep people and groups.

Owns the words of the standard: which attributes there are (`shapes`), how people and groups stand
in them (`people`, `groups`), filters (`questions`), refusals. What is done is
`operating.directory`'s; never a rule, a right or a row here. Nothing of it is loaded before it is
first asked (`door`).
"""
