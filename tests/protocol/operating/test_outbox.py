"""Messages that were not sent, as whoever runs Acrux sees them."""

import pytest

from idp import clock
from idp.operating import cases
from idp.operating.actor import OPERATOR
from idp.operating.refusals import Conflict, NotFound
from tests.protocol.unsent import FAILED, LATE, unsent
from tests.support.site import Site


def test_a_message_that_waits_is_tried_at_once_and_its_text_never_shown(site: Site) -> None:
    can = cases.of(site.installation)
    with unsent(site), site.work() as work:
        late, failed = (one.described() for one in can.outbox.page(work, OPERATOR))
        assert (late["state"], late["error"]) == ("late", "no answer <b>")
        assert (failed["state"], failed["due_at"]) == ("failed", None)
        assert not {"sealed", "destination", "about"} & late.keys()
        assert [one.row.id for one in can.outbox.page(work, OPERATOR, LATE)] == [FAILED]
        assert can.outbox.try_again(work, OPERATOR, LATE).row.due_at == clock.now()
        with pytest.raises(Conflict, match="it is failed"):
            can.outbox.try_again(work, OPERATOR, FAILED)
        with pytest.raises(NotFound):
            can.outbox.try_again(work, OPERATOR, "c")
    assert [event.reason for event in site.events(kind="operator:message:retried")] == [
        "mail notice"
    ]
