"""Commands for whoever audits: the trail, the ledger and its pack, the stream, rows and the canary.

Owns their words and options. Never works anything out: that is `idp.audit`'s, `idp.ledger`'s and
`idp.canary`'s.
"""
