"""Writing the ledger: leaves go into the transaction of what they prove, or neither stands.

Owns what is recorded of which act. The order of the leaves, and what proves it, is the sealer's.
"""

import weakref
from collections.abc import Mapping
from typing import Any

from idp import clock, crypto
from idp.evidence import in_force, leaf
from idp.evidence.basis import basis
from idp.evidence.leaf import TokenLeaf
from idp.ledger.pseudonyms import Pseudonyms
from idp.policy.rollout import Stage
from idp.policy.steps import Finish
from idp.policy.types import Ask, Rules
from idp.store.db import Work
from idp.store.db.connections import Engine
from idp.store.ledger import leaves

_of: weakref.WeakKeyDictionary[Engine, "Ledger"] = weakref.WeakKeyDictionary()


class Ledger:
    """The ledger of one installation. Threads share it."""

    def __init__(self, issuer: str, keyring: crypto.Keyring, rules: Rules) -> None:
        self.issuer = issuer
        self._rules = rules
        self.pseudonyms = Pseudonyms(keyring)
        self._policy: tuple[tuple[Stage, ...], str] | None = None
        self._written: set[str] = set()

    def basis(
        self,
        work: Work,
        person_id: str,
        ask: Ask,
        finish: Finish,
        stages: tuple[Stage, ...],
        agreed: str = "",
    ) -> str:
        """Return what a finished sign-in rests on; the rules that decided are in the ledger then.

        `agreed` stands for the single acts that the person agreed to in it.

        Raises:
            GoneError: the person was deleted.
        """
        who = self.pseudonyms.of(work, person_id)
        policy = self._in_force(work, stages)
        return basis(
            ask, finish, at=clock.now(), sub=who.name, name=who.of, policy=policy, agreed=agreed
        )

    def add_tokens(self, work: Work, said: TokenLeaf) -> None:
        """Append the leaf of the tokens of one answer, with the commit."""
        leaves.add(work, jti=said.jti, at=said.at, body=said.text())

    def add_change(
        self, work: Work, what: str, values: Mapping[str, Any], person_id: str | None
    ) -> None:
        """Append the leaf of an event, with the commit. `values` are its columns, a salt too."""
        jti, at = leaf.new_reference(), clock.now()
        who = self.pseudonyms.name_of(work, person_id) if person_id is not None else None
        text = leaf.change(jti=jti, at=at, iss=self.issuer, what=what, values=values, who=who)
        leaves.add(work, jti=jti, at=at, body=text)

    def _in_force(self, work: Work, stages: tuple[Stage, ...]) -> str:
        """Return the digest of the rules with `stages`; they are written down once."""
        kept = self._policy
        if kept is not None and kept[0] == stages:
            digest = kept[1]
        else:
            digest = in_force.digest(in_force.content(self._rules, stages))
            self._policy = (stages, digest)
        if digest not in self._written:
            self._write_down(work, digest, stages)
        return digest

    def _write_down(self, work: Work, digest: str, stages: tuple[Stage, ...]) -> None:
        at, content = clock.now(), in_force.content(self._rules, stages)
        text = leaf.policy(at=at, iss=self.issuer, content=content, digest=digest)
        leaves.add_rules(work, digest=digest, at=at, body=text)
        work.after_commit(lambda: self._written.add(digest))


def bind(engine: Engine, made: Ledger) -> None:
    """Let what happens in the database of `engine` be recorded in the ledger `made`."""
    _of[engine] = made


def of(engine: Engine) -> Ledger | None:
    """Return the ledger of a database; None where no installation uses it."""
    return _of.get(engine)
