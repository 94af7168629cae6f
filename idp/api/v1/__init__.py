"""The API of whoever runs Acrux: `/api/v1/`, the use cases of `idp.operating` for programs.

Owns addresses, tokens that open them, JSON, its description and what programs need beside: pages
by cursors, versions, requests that are sent again, limits. Never a rule, a right or a row: those
are the use cases'. Nothing of it is loaded before it is first asked (`door`).
"""
