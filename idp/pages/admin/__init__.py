"""The console: what auditors and administrators see and do in the browser.

Owns the addresses below /admin/. Every page demands a level and a role of its own (`gate`), and the
sign-in for it is the same as for any application. It never shows a secret, and never changes what
the command line could not change too.
"""

from idp.pages.admin.views import blueprint

__all__ = ["blueprint"]
