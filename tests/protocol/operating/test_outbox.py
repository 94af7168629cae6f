"""Messages that were not sent, as whoever runs Acrux sees them."""

import pytest

from idp import clock
from idp.operating import cases
from idp.operating.actor import OPERATOR
from idp.operating.refusals import Conflict, NotFound
from idp.store.messages import outbox
from tests.support.site import Site


def test_a_message_that_waits_is_tried_at_once_and_its_text_never_shown(site: Site) -> None:
    can = cases.build(site.installation)
    with site.work() as work:
        for name in ("a", "b"):
            outbox.add(
                work,
                name,
                channel="mail",
                kind="notice",
                sealed=b"sealed",
                lifetime=3600,
                destination="somewhere",
            )
            row = outbox.lease(work, name, 30)
            assert row
            if name == "a":
                outbox.mark_late(work, row, clock.now() + 900, "no answer")
            else:
                outbox.mark_failed(work, row, "no such mailbox")
    with site.work() as work:
        late, failed = (one.described() for one in can.outbox.page(work, OPERATOR))
        assert (late["state"], late["error"]) == ("late", "no answer")
        assert (failed["state"], failed["due_at"]) == ("failed", None)
        assert not {"sealed", "destination", "about"} & late.keys()
        assert [one.row.id for one in can.outbox.page(work, OPERATOR, "a")] == ["b"]
        assert can.outbox.try_again(work, OPERATOR, "a").row.due_at == clock.now()
        with pytest.raises(Conflict, match="it is failed"):
            can.outbox.try_again(work, OPERATOR, "b")
        with pytest.raises(NotFound):
            can.outbox.try_again(work, OPERATOR, "c")
        # Nobody sends what opens nowhere.
        outbox.withdraw(work, "somewhere")
    assert [event.reason for event in site.events(kind="operator:message:retried")] == [
        "mail notice"
    ]
