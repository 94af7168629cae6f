"""Files larger than any form are taken in where they belong, few at once, and nowhere else."""

from contextlib import ExitStack

import pytest

from idp.serving import bodies
from tests.protocol.admin.test_frame import someone
from tests.support.site import Site
from tests.support.wire import connection, head, read_to_end, status

FORM = "Content-Type: multipart/form-data; boundary=b"
LENGTH = "Content-Length: 200000"
IMPORT = "/admin/people/import"


@pytest.mark.slow
def test_a_large_file_comes_through_the_server_whole(small_site: Site) -> None:
    rows = "".join(f"kaimahi{n:05},kaimahi{n:05}@example.org\n" for n in range(5000))
    with small_site.serve():
        browser = someone(small_site, "admin")
        browser.open(IMPORT)
        page = browser.attach("staff.csv", f"username,email\n{rows}".encode(), "/import")
        assert page.heading == "staff.csv"
        assert browser.post("/account/password", password="x" * 100_000).status == 413


@pytest.mark.slow
def test_a_fifth_large_body_is_refused_while_four_are_coming(small_site: Site) -> None:
    with small_site.serve(), ExitStack() as stack:
        request = head("POST", IMPORT, FORM, LENGTH) + b"--b"
        for _ in range(bodies.LARGE_PLACES):
            stack.enter_context(connection(small_site.port)).sendall(request)
        more = stack.enter_context(connection(small_site.port))
        small = stack.enter_context(connection(small_site.port))
        form = head("POST", IMPORT, FORM, "Content-Length: 3", "Connection: close") + b"--b"
        small.sendall(form)
        assert status(read_to_end(small).decode()) == 400, "a form has its place all the same"
        more.sendall(request)
        assert status(read_to_end(more).decode()) == 503
