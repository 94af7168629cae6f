"""Self-service: what people see and do about their own account in the browser.

Owns the addresses below /account/. It shows what is stored of the person who is signed in and of
no one else; a stronger proof, where a page needs one, comes from the same sign-in as ever (`gate`).
"""

from idp.pages.account.views import blueprint

__all__ = ["blueprint"]
