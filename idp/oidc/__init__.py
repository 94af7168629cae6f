"""The standard: authorization, tokens, userinfo, discovery, logout. The one door to Authlib.

It parses requests into a `Demand`, lets `signin` decide, and turns a finished sign-in into tokens.
It never decides what a sign-in is worth, and never shows a sign-in page.
"""

from idp.oidc.views import blueprint

__all__ = ["blueprint"]
