"""The tokens that are stored, with what finds their leaves: application, session and moment.

Owns the way through them in windows of time, none of them much fuller than `FULL`, and through the
leaves of a window, sealed or not: no question keeps all of either. No index has these moments, as
only whoever checks the whole ledger asks for them.
"""

from dataclasses import dataclass

from idp.store.db import Work
from idp.store.db.statements import Statement
from idp.store.models.evidence import Leaf
from idp.store.models.protocol import ClientToken, ExchangedToken, Token
from idp.store.rows import Piece, reader
from idp.store.tags import Sealed
from idp.store.tags.kinds import CLIENT_TOKEN, EXCHANGED_TOKEN, LEAF, TOKEN

PAGE = 1_000
FULL = 200_000
"""Rows of a kind that stand in one window of time, and more only where one second has more."""


@dataclass(frozen=True)
class IssuedRow:
    """A token that an application has, or had."""

    digest: str
    kind: str
    """`access` or `refresh`."""
    client_id: str
    sid: str | None
    """None: the application asked for itself."""
    created_at: int


@dataclass(frozen=True)
class Told:
    """A leaf in the order of its id."""

    id: int
    at: int
    body: str | None
    """None: it was pruned."""
    seq: int | None


@dataclass(frozen=True)
class Window:
    """The moments from `since` up to `until`, which is not among them; None: to the last one."""

    since: int
    until: int | None


_BY_PERSON = Sealed(
    TOKEN,
    reader(IssuedRow, {Token: "t"}, client_id=Piece("a.client_id"), sid=Piece("a.sid")),
    "t",
)
_OWN = Sealed(
    CLIENT_TOKEN,
    reader(IssuedRow, {ClientToken: "t"}, kind=Piece("'access'"), sid=Piece("NULL")),
    "t",
)
_EXCHANGED = Sealed(
    EXCHANGED_TOKEN,
    reader(IssuedRow, {ExchangedToken: "t"}, kind=Piece("'access'"), sid=Piece("a.sid")),
    "t",
)
_LEAF = Sealed(LEAF, reader(Told, Leaf))
_OF_WINDOW = (
    " WHERE t.created_at >= :since AND t.created_at < :until AND t.digest > :after"
    " ORDER BY t.digest LIMIT :most"
)
_KINDS = {
    "token": (
        _BY_PERSON,
        Statement(
            f"SELECT {_BY_PERSON.columns} FROM token t"
            f' JOIN "authorization" a ON a.id = t.authorization_id{_OF_WINDOW}'
        ),
    ),
    "client_token": (
        _OWN,
        Statement(f"SELECT {_OWN.columns} FROM client_token t{_OF_WINDOW}"),
    ),
    "exchanged_token": (
        _EXCHANGED,
        Statement(
            f"SELECT {_EXCHANGED.columns} FROM exchanged_token t"
            " JOIN token k ON k.digest = t.token_digest"
            f' JOIN "authorization" a ON a.id = k.authorization_id{_OF_WINDOW}'
        ),
    ),
}
_EARLIEST = {
    table: Statement(f"SELECT min(created_at) FROM {table} WHERE created_at >= :since")
    for table in _KINDS
}
_FULL = {
    table: Statement(
        f"SELECT created_at FROM {table} WHERE created_at > :since"
        " ORDER BY created_at LIMIT 1 OFFSET :full"
    )
    for table in _KINDS
}
_LEAVES = Statement(
    f"SELECT {_LEAF.columns} FROM ledger_leaf WHERE id > :after ORDER BY id LIMIT :most"
)
_ENDS = Statement("SELECT min(id), max(id) FROM ledger_leaf")
_AT = Statement("SELECT id, at FROM ledger_leaf WHERE id >= :id ORDER BY id LIMIT 1")
END_OF_TIME = 2**62


def window(work: Work, since: int) -> Window | None:
    """Return the next window with tokens that were made at `since` or later; None: there are no."""
    starts = [work.value(_EARLIEST[table], since=since) for table in _KINDS]
    first = min((at for at in starts if at is not None), default=None)
    if first is None:
        return None
    ends = [work.value(_FULL[table], since=first, full=FULL) for table in _KINDS]
    return Window(first, min((at for at in ends if at is not None), default=None))


def page(
    work: Work, table: str, of: Window, after: str
) -> tuple[list[IssuedRow], list[IssuedRow], str | None]:
    """Return some tokens of a window behind a digest: ours, others', and where to go on.

    Others' have no tag of this installation; the alarm is sounded.
    """
    sealed, statement = _KINDS[table]
    until = END_OF_TIME if of.until is None else of.until
    rows = work.all(statement, since=of.since, until=until, after=after, most=PAGE)
    ours, others = list[IssuedRow](), list[IssuedRow]()
    for row in rows:
        (ours if sealed.good(work, row) else others).append(sealed.read(row))
    last = max((one.digest for one in (*ours, *others)), default=None)
    return ours, others, last


TABLES = tuple(_KINDS)


def leaves_after(work: Work, leaf_id: int, sealed: int) -> list[Told]:
    """Return some leaves behind an id; of those that are not among the first `sealed`, ours."""
    rows = work.all(_LEAVES, after=leaf_id, most=PAGE)
    found = []
    for row in rows:
        leaf = _LEAF.read(row)
        in_tree = leaf.seq is not None and leaf.seq < sealed
        if in_tree or _LEAF.good(work, row):
            found.append(leaf)
        else:
            found.append(Told(leaf.id, leaf.at, None, None))
    return found


def leaf_from(work: Work, moment: int) -> int:
    """Return an id behind which about all leaves of `moment` or later stand; 0 for all leaves.

    Ids are in order of time nearly; where a clock was set back they are not.
    """
    row = work.one(_ENDS)
    if row is None or row[0] is None:
        return 0
    low, high = int(row[0]), int(row[1])
    while low < high:
        middle = (low + high) // 2
        found = work.one(_AT, id=middle)
        if found is not None and found[1] < moment:
            low = found[0] + 1
        else:
            high = middle
    return low - 1
