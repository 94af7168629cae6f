"""The hosted sign-in pages: one dispatcher shows the step that policy names; every step returns.

Owns addresses, templates and words of the sign-in. It never decides what comes next and never
verifies anything itself.
"""

from idp.pages.interaction.views import blueprint

__all__ = ["blueprint"]
