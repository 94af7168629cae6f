"""Pages that a link in a message leads to: a new password, and "this was not me".

A GET shows a page and changes nothing, because mail scanners open links too; a POST from that page
does what it says, once. No page here signs anyone in.
"""

from idp.pages.links.views import blueprint

__all__ = ["blueprint"]
