"""The standard: authorization, tokens, userinfo, discovery, logout.

It parses requests into a `Demand`, lets `signin` decide, and turns a finished sign-in into tokens.
It never decides what a sign-in is worth, and never shows a sign-in page. The one door to Authlib,
of which it takes the errors of RFC 6749: names, statuses, and descriptions that are checked.
"""
