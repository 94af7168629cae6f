"""Applications that speak no OpenID Connect: a proxy asks here whether somebody may come to a page.

Owns what a proxy asks (`asked`), as what a path may be read (`readings`), whether somebody may come
(`decision`, pure), what the application is told (`told`), and how a browser comes to its host
signed in: by an authorization request like any other, whose code is redeemed at an address of that
host (`hand_over`, with what it remembers in `tries`, and its `cookies`). What it then holds is an
access token, in a cookie of that host alone: it ends with the session, and its sign-in is in the
ledger. Also what is asked by hand: which line an address meets (`typed`, and the same `decision`).
Never signs anyone in, and never makes a token.
"""
