"""`/guarded-hosts`: hosts whose pages a proxy guards, and which line an address meets."""

from idp.api.v1 import taken_beside, told_beside
from idp.api.v1.routes import Asked, Reply, Route
from idp.operating.applications.guarded_hosts import GuardedHosts


def _list(asked: Asked) -> Reply:
    found = asked.can.guarded_hosts.everything(asked.work, asked.actor)
    return Reply({"items": [one.described() for one in found]})


def _which(asked: Asked) -> Reply:
    found = asked.can.guarded_hosts.which(asked.work, asked.actor, asked.query.url)
    return Reply(found.described())


ROUTES = (
    Route(
        *("GET", "/guarded-hosts", GuardedHosts.everything, _list),
        "List the hosts whose pages a proxy guards, with what each path needs",
        told_beside.GuardedHostList,
        name="listGuardedHosts",
    ),
    Route(
        *("GET", "/guarded-hosts/which", GuardedHosts.which, _which),
        "See which line an address meets, and what would be asked of whoever opens it",
        told_beside.LineMet,
        query=taken_beside.AddressAsked,
        name="whichGuardedLine",
    ),
)
