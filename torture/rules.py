"""What must hold, as a table of small functions: each returns what it finds broken, in words."""

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator

from idp import crypto
from idp.evidence.leaf import reference_of
from torture.evidence import Evidence, Row
from torture.halves import nothing_is_half_done
from torture.journal import Deed
from torture.signatures import payload, verifies

Rule = Callable[[Evidence], Iterator[str]]
ISSUED = ("client:token:issued", "client:token:refreshed")
OWN = "client:own-token:issued"
GRACE = 2
"""Seconds for which a used refresh token gives the same successor again, and the clock's own."""


def _given(evidence: Evidence) -> list[Deed]:
    return [deed for deed in evidence.of("redeem", "refresh") if deed.done]


def every_token_has_its_row(evidence: Evidence) -> Iterator[str]:
    """A token that somebody has was committed."""
    given_back = {deed["token"] for deed in evidence.of("revoke") if not deed["whole"]}
    for deed in _given(evidence):
        row = evidence.authorization(deed["code"])
        if row is None:
            yield f"deed {deed.number}: tokens of an authorization that is not there"
            continue
        for name in ("access_token", "refresh_token"):
            token = deed[name]
            if token is None or token in given_back:
                continue
            stored = evidence.tokens.get(crypto.digest(token))
            if stored is None:
                yield f"deed {deed.number}: {name} has no row"
            elif stored["authorization_id"] != row["id"]:
                yield f"deed {deed.number}: {name} is of another authorization"
    own = {row["digest"] for row in evidence.tables["client_token"]}
    for deed in evidence.of("own"):
        if deed.done and crypto.digest(deed["access_token"]) not in own:
            yield f"deed {deed.number}: a client's own token has no row"


def every_token_has_one_event(evidence: Evidence) -> Iterator[str]:
    """Of each authorization as many were issued, by its rows, as the trail says."""
    told = Counter(data["authorization"] for data in evidence.events(ISSUED))
    kept: Counter[str] = Counter()
    for row in evidence.tables["token"]:
        kept[row["authorization_id"]] += row["kind"] == "access"
    for data in evidence.events(["client:token:revoked"]):
        kept[data["authorization"]] += data["token"] == "access"
    for name in told.keys() | kept.keys():
        if told[name] != kept[name]:
            yield f"authorization {name}: {kept[name]} access tokens, {told[name]} events"


def every_id_token_has_one_event(evidence: Evidence) -> Iterator[str]:
    """The `jti` of each ID token stands in the trail once."""
    told = Counter(data.get("jti") for data in evidence.events(ISSUED))
    for deed in _given(evidence):
        jti = payload(deed["id_token"])["jti"] if deed["id_token"] else None
        if jti is not None and told[jti] != 1:
            yield f"deed {deed.number}: its ID token has {told[jti]} events"


def every_token_has_one_leaf(evidence: Evidence) -> Iterator[str]:
    """Each answer with tokens stands in the ledger once, and in the trail under the same name."""
    leaves = Counter(row["jti"] for row in evidence.tables["ledger_leaf"] if _of_tokens(row))
    told = Counter(data.get("jti") for data in evidence.events([*ISSUED, OWN]))
    for jti in told.keys() | leaves.keys():
        if not told[jti] == leaves[jti] == 1:
            yield f"tokens {jti}: {leaves[jti]} leaves, {told[jti]} events"
    for deed in evidence.of("redeem", "refresh", "own"):
        if deed.done and not leaves[reference_of(deed["access_token"])]:
            yield f"deed {deed.number}: its access token has no leaf"


def the_ledger_verifies(evidence: Evidence) -> Iterator[str]:
    """Every row is sealed once, in a tree that is as it was signed; events are as rows say."""
    yield from evidence.ledger


def _of_tokens(row: Row) -> bool:
    return bool(json.loads(row["body"])["kind"] == "token")


def a_code_works_once(evidence: Evidence) -> Iterator[str]:
    """RFC 6749 section 4.1.2."""
    redeemed = Counter(deed["code"] for deed in evidence.of("redeem") if deed.done)
    yield from (f"a code was redeemed {n} times" for n in redeemed.values() if n > 1)
    issued = Counter(data["authorization"] for data in evidence.events(ISSUED[:1]))
    yield from (f"authorization {a} was begun {n} times" for a, n in issued.items() if n > 1)
    for deed in evidence.of("redeem"):
        row = evidence.authorization(deed["code"])
        if deed.done and row is not None and row["code_used_at"] is None:
            yield f"deed {deed.number}: its code is not used up"


def a_refresh_token_has_one_successor(evidence: Evidence) -> Iterator[str]:
    """RFC 9700 section 4.14.2: one leaf is live, and each token leads to one other."""
    following: dict[str, set[str]] = defaultdict(set)
    for deed in evidence.of("refresh"):
        if deed.done:
            following[deed["refresh"]].add(deed["refresh_token"])
    yield from (
        f"a refresh token has {len(s)} successors" for s in following.values() if len(s) > 1
    )
    leaves: Counter[str] = Counter()
    for row in evidence.tables["token"]:
        leaves[row["authorization_id"]] += row["kind"] == "refresh" and row["used_at"] is None
    yield from (f"authorization {a} has {n} live leaves" for a, n in leaves.items() if n > 1)


def a_second_use_ends_the_family(evidence: Evidence) -> Iterator[str]:
    """Of a code, at once; of a refresh token, once its grace is over or its successor was used."""
    used: dict[str, float] = {}
    for deed in evidence.of("redeem", "refresh"):
        key = deed["refresh"] or deed["code"]
        if deed.done and deed.answered_at is not None:
            used[key] = min(used.get(key, deed.answered_at), deed.answered_at)
    for deed in evidence.of("redeem", "refresh"):
        key, grace = deed["refresh"] or deed["code"], GRACE + 1 if deed["refresh"] else 0
        again = key in used and deed.asked_at > used[key] + grace
        row = evidence.authorization(deed["code"])
        if again and deed.status is not None and deed.status < 500:
            if deed.done:
                yield f"deed {deed.number}: a used {deed.kind} worked again"
            elif deed.status == 400 and row is not None and row["revoked_at"] is None:
                yield f"deed {deed.number}: a second {deed.kind} left its family alive"


def what_was_ended_stays_ended(evidence: Evidence) -> Iterator[str]:
    """An acknowledged revocation, of one token or of all, holds for whatever is asked later."""
    whole: dict[str, float] = {}
    single: dict[str, float] = {}
    for deed in evidence.of("revoke"):
        if deed.done and deed.answered_at is not None:
            place, name = (whole, deed["code"]) if deed["whole"] else (single, deed["token"])
            place[name] = deed.answered_at
    for deed in evidence.of("refresh", "userinfo", "introspect", "redeem"):
        ends = [whole.get(deed["code"]), single.get(deed["token"] or "")]
        if deed.done and any(end is not None and deed.asked_at > end for end in ends):
            yield f"deed {deed.number}: {deed.kind} after its token was revoked"
    for code in whole:
        row = evidence.authorization(code)
        if row is None or row["revoked_at"] is None:
            yield "an acknowledged revocation is not in the database"


def a_session_that_ended_gives_nothing(evidence: Evidence) -> Iterator[str]:
    """After an acknowledged sign-out."""
    ends = {d["session"]: d.answered_at for d in evidence.of("sign-out") if d.done}
    for deed in evidence.of("authorize"):
        end = ends.get(deed["session"])
        if deed.done and end is not None and deed.asked_at > end:
            yield f"deed {deed.number}: a code from a session that was signed out"


def what_proves_once_proves_once(evidence: Evidence) -> Iterator[str]:
    """Steps of an app, texted codes, recovery codes, links (NIST SP 800-63B-4 section 3.1.4.2)."""
    proved = Counter(
        (deed.kind, deed["once"])
        for deed in evidence.of("totp", "sms", "recovery", "link")
        if deed.done
    )
    yield from (f"{kind} {key} worked {n} times" for (kind, key), n in proved.items() if n > 1)


def an_old_password_is_dead(evidence: Evidence) -> Iterator[str]:
    """From the moment at which the new one was acknowledged."""
    dead = {
        (deed["person"], deed["old"]): deed.answered_at
        for deed in evidence.of("change", "link")
        if deed.done and deed.answered_at is not None
    }
    for deed in evidence.of("password"):
        end = dead.get((deed["person"], deed["password"]))
        if deed.done and end is not None and deed.asked_at > end:
            yield f"deed {deed.number}: a password that was replaced works"


def who_is_switched_off_gets_nothing(evidence: Evidence) -> Iterator[str]:
    """Between the acknowledged end and whatever may have begun again."""
    owners = {deed["code"]: deed["person"] for deed in evidence.of("code")}
    changes = sorted(evidence.of("disable", "enable"), key=lambda deed: deed.asked_at)
    given = [d for d in evidence.of("redeem", "refresh", "userinfo", "introspect") if d.done]
    for off in (deed for deed in changes if deed.kind == "disable" and deed.done):
        later = [d for d in changes if d["person"] == off["person"] and d.number > off.number]
        until = next((d.asked_at for d in later if d.kind == "enable"), float("inf"))
        mine = [deed for deed in given if owners.get(deed["code"]) == off["person"]]
        for deed in mine:
            if (off.answered_at or until) < deed.asked_at and (deed.answered_at or 0) < until:
                yield f"deed {deed.number}: {deed.kind} of somebody who is switched off"


def no_message_is_lost(evidence: Evidence) -> Iterator[str]:
    """Whatever a page promised was sent, and nothing is noted as sent that never arrived."""
    waiting = Counter(row["channel"] for row in evidence.tables["outbox"] if _open(row))
    yield from (f"{n} messages by {channel} were left lying" for channel, n in waiting.items())
    promised = Counter((d["email"], d["person"]) for d in evidence.of("forgot") if d.done)
    for (email, person), count in promised.items():
        if evidence.links.get(email, 0) + _refused_links(evidence, person) < count:
            yield f"{email}: {count} links were promised, {evidence.links.get(email, 0)} arrived"
    sent = sum(r["channel"] == "sms" and r["state"] == "sent" for r in evidence.tables["outbox"])
    if sent > evidence.texts:
        yield f"{sent} text messages are noted as sent, the carrier has {evidence.texts}"


def _refused_links(evidence: Evidence, person: str) -> int:
    """Return how often somebody got no link, and the trail says why: switched off meanwhile."""
    return sum(
        row["kind"] == "person:password-reset:asked"
        and (row["outcome"], row["reason"]) == ("refused", "the account is switched off")
        for row in evidence.tables["event"]
        if row["person_id"] == person
    )


def _open(row: object) -> bool:
    return row["state"] in ("due", "late")  # type: ignore[index]


def every_token_verifies(evidence: Evidence) -> Iterator[str]:
    """Each ID token that has not expired, with the keys that are served."""
    for deed in _given(evidence):
        if deed["id_token"] and not verifies(deed["id_token"], evidence.jwks):
            yield f"deed {deed.number}: its ID token does not verify"


def the_attacker_gets_nothing(evidence: Evidence) -> Iterator[str]:
    """Whatever it tried."""
    for deed in evidence.deeds:
        won = deed["who"] == "attacker" and deed.done and deed.kind != "password"
        excused = _graced if deed.kind == "refresh" else _was_first
        if won and not excused(evidence, deed):
            yield f"deed {deed.number}: the attacker won by {deed['way'] or deed.kind}"


def _graced(evidence: Evidence, deed: Deed) -> bool:
    """Return True where a token was used a moment ago: its holder gets the same successor."""
    used = [d for d in evidence.of("refresh") if d["refresh"] == deed["refresh"] and d is not deed]
    return any(d.done and deed.asked_at < (d.answered_at or 0) + GRACE + 1 for d in used)


def _was_first(evidence: Evidence, deed: Deed) -> bool:
    """Return True for a code whose owner was told of no success: theirs died on the way.

    Whether it worked twice all the same, the rows tell (`nothing_is_half_done`).
    """
    if deed["once"] is None:
        return False
    same = [d for d in evidence.of(deed.kind) if d["once"] == deed["once"] and d is not deed]
    return bool(same) and not any(d.done for d in same)


RULES: tuple[Rule, ...] = (
    every_token_has_its_row,
    every_token_has_one_event,
    every_id_token_has_one_event,
    every_token_has_one_leaf,
    the_ledger_verifies,
    a_code_works_once,
    a_refresh_token_has_one_successor,
    a_second_use_ends_the_family,
    what_was_ended_stays_ended,
    a_session_that_ended_gives_nothing,
    what_proves_once_proves_once,
    an_old_password_is_dead,
    who_is_switched_off_gets_nothing,
    nothing_is_half_done,
    no_message_is_lost,
    every_token_verifies,
    the_attacker_gets_nothing,
)


def violations(evidence: Evidence) -> dict[str, list[str]]:
    """Return what each rule finds, by its name; rules that find nothing are left out."""
    found = {rule.__name__: list(rule(evidence)) for rule in RULES}
    return {name: said for name, said in found.items() if said}
