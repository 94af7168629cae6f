"""What a person reads before they agree, as things are now: that alone is what they agree to.

A sign-in carries the words of when it began (`as_demand`), and what is answered elsewhere those of
when it was asked. Meanwhile a scope may have come to another API, words may be others, and so may
the application be. So a page that asks shows what `now` finds, its form carries the digest of that,
and an answer with another digest is answered by the page as it is then.
"""

import json
from collections.abc import Collection
from dataclasses import dataclass, replace

from idp import crypto
from idp.errors import PageError
from idp.language import _
from idp.oidc.apis import details
from idp.oidc.apis.registry import stored as stored_apis
from idp.oidc.authorize.as_demand import deeds, digest_of, kept, scope_words
from idp.oidc.authorize.carried import Carried
from idp.oidc.authorize.checks import Details
from idp.oidc.authorize.granting import moved
from idp.oidc.clients.client import Client
from idp.oidc.clients.registry import stored
from idp.oidc.tokens import lifetimes
from idp.policy.steps import Mark
from idp.settings.values import Oidc
from idp.signin import answers
from idp.signin.demand import Application, Demand
from idp.signin.interaction import Interaction
from idp.store.db import Work
from idp.store.oidc import apis as api_store

CHANGED = _("This has changed since the page was shown. Read it again before you answer.")


@dataclass(frozen=True)
class Shown:
    """What a page that asks is made from."""

    demand: Demand
    digest: str
    """What stands for all that is asked, and by whom."""
    apis: frozenset[str]
    """The audiences of the APIs that anything of it is of."""
    less: bool
    """True if something that the sign-in began with stands there no more."""

    def agreed(self) -> Demand:
        """Return what the sign-in is for from now on, once somebody has agreed to it."""
        demand = self.demand
        # Nothing else can become what nobody agreed to: what an operator says of a client of theirs
        # is said of the same client.
        alters = demand.scope_words or demand.deeds or demand.grantee or self.less
        return replace(demand, agreed=self.digest) if alters else demand


def held(work: Work, demand: Demand, rules: Oidc) -> Shown:
    """Return what `now` does, before anything else is locked: it stays so until the commit.

    No API changes that it has anything of. So no scope or act of it comes to another API either: a
    name is one API's alone (`apis.checking`), and that one lets it go first.

    Raises:
        PageError: see `now`.
    """
    found, kept_still = now(work, demand, rules), frozenset[str]()
    while not found.apis <= kept_still:
        api_store.keep_still(work, found.apis - kept_still)
        kept_still |= found.apis
        # As they have become, of whoever was waited for: maybe with something of one more.
        found = now(work, demand, rules)
    return found


def now(work: Work, demand: Demand, rules: Oidc) -> Shown:
    """Return what an application asks for in the words of now, without what it may ask no more.

    Raises:
        PageError: the application is gone, or a single act cannot be had any more.
    """
    client = stored(work, demand.client_id or "")
    if client is None:
        raise moved(demand)
    gone = demand.scope_words.keys() - client.scope_apis.keys()
    scope = tuple(sorted(demand.ask.scopes - gone))
    found = _details(work, client, demand)
    asked = replace(
        demand,
        application=client.application(demand.redirect_uri or ""),
        grantee=client.grantee,
        ask=replace(demand.ask, scopes=frozenset(scope)),
        keeps=lifetimes.connected(client, rules) if demand.keeps else 0,
        parameters=demand.parameters | ({"details": kept(found)} if demand.deeds else {}),
        scope_words=scope_words(client, scope, lambda: stored_apis(work)),
        deeds=deeds(found),
        deeds_digest=digest_of(found),
    )
    audiences = [one.audience for one, _kind in found]
    apis = frozenset(audiences) | {client.scope_apis[name] for name in asked.scope_words}
    return Shown(asked, _digest(asked, client, audiences), apis, bool(gone))


def of_application(client: Client) -> str:
    """Return what stands for an application, for a page that asks whether it is let in at all."""
    return _digested(_said(client.application("")))


def is_asked_anew(work: Work, before: Interaction, locked: Interaction | None, rules: Oidc) -> bool:
    """Return True if what was agreed to in a sign-in is something else by now.

    Then it is as if nobody had answered: what still stands was granted apart from that. `locked`
    is what `SignIn.locked` made of `before`: a client that lets itself become another one, or a
    scope that goes to another API, locks whoever let it in; so it is read here, or ends what comes
    of this.

    Raises:
        PageError: see `now`.
    """
    if locked is None or locked.person is None or before.person is None:
        return False
    agreed = locked.demand.agreed
    if not agreed or Mark.CONSENTED not in locked.marks:
        return False
    # Another person's meanwhile is not locked: that is for the next request.
    if locked.person.id != before.person.id or now(work, locked.demand, rules).digest == agreed:
        return False
    answers.unsay(work, locked)
    return True


def _details(work: Work, client: Client, demand: Demand) -> Details:
    """Return the single acts that are asked for, each with its type as it is now.

    Raises:
        PageError: one of them is of no type any more, or not as that says.
    """
    if not demand.deeds:
        return ()
    carried = Carried.of(demand)
    asked = details.told(details.opened(carried.details))
    text = json.dumps(asked, ensure_ascii=False, separators=(",", ":"))
    types, named = client.authorization_details_types, carried.resource.split()
    try:
        return details.checked(text, stored_apis(work), types, named)
    except details.Invalid:
        raise PageError(
            _("This sign-in cannot be finished"),
            _("What %(client)s asks for is not offered any more.", client=client.name),
            _("Start again from the application that you want to use."),
            client=client.client_id,
        ) from None


def _digest(demand: Demand, client: Client, audiences: Collection[str]) -> str:
    """Return what stands for a demand: also for which API each thing is, which no page says."""
    assert demand.application is not None
    return _digested(
        _said(demand.application),
        demand.grantee,
        demand.keeps,
        sorted(demand.ask.scopes),
        [[name, client.scope_apis[name], words] for name, words in demand.scope_words.items()],
        [[one.words, one.values] for one in demand.deeds],
        list(audiences),
    )


def _said(application: Application) -> list[str | None]:
    links = (application.logo_uri, application.policy_uri, application.tos_uri)
    return [application.name, *links, application.unvetted]


def _digested(*parts: object) -> str:
    return crypto.digest(json.dumps(parts, sort_keys=True))
