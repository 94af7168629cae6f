"""Files that are brought to the console: which addresses take them, and from whom.

Anyone who is not signed in may send no more than a form: the size is looked at before anything of
the body is.
"""

from flask import request

from idp import web
from idp.pages.admin import frame

UPLOADS = (frame.IMPORT,)
"""The addresses that take files."""


def let_in() -> None:
    """Let whoever is signed in send a file where one is taken. Before the form is read."""
    if request.method != "POST" or request.path not in UPLOADS:
        return
    browser = web.session()
    if browser is not None and browser.person_id is not None:
        largest = web.frame().settings.server.max_upload
        # The second is what werkzeug's reader may hold at once, of a file as well.
        request.max_content_length = request.max_form_memory_size = largest


def content(name: str) -> tuple[str, bytes]:
    """Return the name and the content of a file of the form; two empty ones where none is."""
    sent = request.files.get(name)
    return (sent.filename or "", sent.read()) if sent is not None else ("", b"")
