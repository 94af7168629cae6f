"""One sign-in at one moment: what follows directly from what was asked and is known.

`decide` asks these questions; here they are answered, and nothing is decided.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from idp.policy import assurance
from idp.policy.once import once
from idp.policy.steps import EnrolmentProof, Floors, Mark
from idp.policy.types import Ability, Ask, Factor, Know, Level, Person, Proof, Rules, Trait


@dataclass(frozen=True)
class Case:
    """One sign-in at one moment, with what follows directly from the four arguments."""

    ask: Ask
    know: Know
    rules: Rules
    now: int

    @property
    def person(self) -> Person:
        assert self.know.person is not None
        return self.know.person

    @once
    def silent(self) -> bool:
        return "none" in self.ask.prompt

    @once
    def proofs(self) -> tuple[Proof, ...]:
        """The proofs that count at all: fresh enough, and of a kind the client accepts."""
        return tuple(p for p in self.know.proofs if self._fresh(p) and self._accepted(p))

    def _fresh(self, proof: Proof) -> bool:
        ask = self.ask
        if self.of_now(proof):
            return True
        if ask.prompt & {"login", "select_account"} or ask.max_age == 0:
            return False
        return ask.max_age is None or self.now - proof.at <= ask.max_age

    def of_now(self, proof: Proof) -> bool:
        """Return True if `proof` was given in this very sign-in."""
        return bool(proof.interaction) and proof.interaction == self.ask.interaction

    def _accepted(self, proof: Proof) -> bool:
        return self.ask.accepts_bootstrap or not proof.bootstrap

    @once
    def floors(self) -> tuple[Level, ...]:
        """Every level that must hold whatever is asked: the strictest of them decides."""
        return tuple(self.levels(self.demanded.levels))

    @once
    def demanded(self) -> Floors:
        """The same by what demands them."""
        asked = self.person.requirement
        due = bool(self.due) and self.reachable(self.due, self.person.enrolled)
        return Floors(
            client=self.ask.floor,
            installation=self.rules.floor,
            stage=asked.level,
            stage_id=asked.stage,
            due=asked.due if due else None,
            due_id=asked.due_stage if due else None,
            enrolled=self.own.name if self.own and self.equipped else None,
        )

    @once
    def due(self) -> tuple[Level, ...]:
        """The level that a stage demands and whose set-up may be put off: () for none."""
        return tuple(self.levels([self.person.requirement.due]))

    @once
    def own(self) -> Level | None:
        """The level asked of anyone who has set up enough for it."""
        name = self.rules.ask_enrolled
        return self.rules.level(name) if name is not None else None

    @once
    def equipped(self) -> bool:
        """The person has set up enough for that level."""
        had = self.person.enrolled | self.person.withdrawn
        return self.own is not None and self.reachable((self.own,), had)

    def levels(self, names: Iterable[str | None]) -> Iterable[Level]:
        """Return what `names` mean here; a name that means nothing can never be reached."""
        for name in names:
            if name is not None:
                level = self.rules.level(name)
                yield level or Level(name, kinds=99)

    @once
    def candidates(self) -> tuple[tuple[str, Level], ...]:
        """The acr values asked for that mean something here, with their levels."""
        asked = self.ask.acr_values if self.ask.essential is None else self.ask.essential
        known = [(value, level) for value in asked if (level := self.rules.level(value))]
        if self.ask.essential is None:
            order = self.rules.levels
            bar = max((order.index(f) for f in self.floors if f in order), default=-1)
            known = [(value, level) for value, level in known if order.index(level) >= bar]
        return tuple(known)

    @once
    def target(self) -> tuple[Level, ...] | None:
        """The levels to reach now; None when an essential request can never be met."""
        ways: list[frozenset[str]] = [frozenset() if self.silent else self.person.enrolled]
        if self.ask.essential is not None:
            # Silent: what a page could still reach, so that the error tells.
            ways.append(self.person.enrolled | self.person.enrollable)
        for methods in ways:
            for _, level in self.candidates:
                if self.reachable((level, *self.floors), methods):
                    return (level, *self.floors)
        if self.ask.essential is not None:
            return None
        return self.floors if self.silent else (self.rules.levels[0], *self.floors)

    @once
    def standing(self) -> tuple[Proof, ...]:
        """The proofs that no level to be reached has outlived; the others are to be given again."""
        target = self.target
        levels = (self.rules.levels[0], *self.floors) if target is None else target
        return tuple(
            proof
            for proof in self.proofs
            if not any(assurance.outlived(level, proof, self.now) for level in levels)
        )

    @once
    def of_person(self) -> "Case":
        """The same where it is about the person: a factor set up just now counts, whatever this
        application thinks of it."""
        if self.ask.accepts_bootstrap:
            return self
        return replace(self, ask=replace(self.ask, accepts_bootstrap=True))

    def abilities(self, methods: frozenset[str]) -> tuple[Ability, ...]:
        """Return what `methods` can prove, in the order in which they are offered."""
        return tuple(a for a in self.rules.abilities if a.method in methods)

    @once
    def strong(self) -> tuple[Ability, ...]:
        """What the person has enrolled, but for what only stands in for something lost."""
        found = self.abilities(self.person.enrolled)
        return tuple(a for a in found if Trait.RECOVERY not in a.traits)

    @once
    def seconds(self) -> tuple[Ability, ...]:
        """What the person has enrolled that proves more than knowledge."""
        return tuple(a for a in self.strong if not a.remembered)

    @property
    def confirms_first(self) -> EnrolmentProof | None:
        """Return what must come back in this sign-in before anything more is set up."""
        return None if Mark.ADDRESS_CONFIRMED in self.know.marks else self.confirms

    @property
    def confirms(self) -> EnrolmentProof | None:
        """Return what must come back where a mere password is set up; None for nothing."""
        proof = self.person.requirement.proof
        return None if self.seconds or proof is EnrolmentProof.NONE else proof

    @once
    def recovering(self) -> bool:
        """The person lost a factor, and has shown what was kept for that in this sign-in."""
        return any(Trait.RECOVERY in p.traits and self.of_now(p) for p in self.know.proofs)

    @once
    def phishable(self) -> bool:
        """A second factor was proved in this sign-in, by what a false page can steal."""
        return any(
            self.of_now(p)
            and not p.bootstrap
            and p.factors - {Factor.KNOWLEDGE}
            and Trait.PHISHING_RESISTANT not in p.traits
            for p in self.know.proofs
        )

    def named(self, asked: Iterable[Ability]) -> tuple[str, ...]:
        """Return the methods of `asked`, and last of all what helps anyone who lost them."""
        spare = (a for a in self.abilities(self.person.enrolled) if Trait.RECOVERY in a.traits)
        return tuple(a.method for a in (*asked, *spare))

    def hold(self, levels: Iterable[Level], *more: Ability) -> bool:
        """Return True if `levels` hold once `more` would be proved too."""
        if not more:
            return all(map(self._holds, levels))
        given = (imagined(a, self.now, bootstrap=a.method not in self.settled) for a in more)
        proofs = (*self.proofs, *filter(self._accepted, given))
        return all(assurance.holds(level, proofs, self.now) for level in levels)

    def _holds(self, level: Level) -> bool:
        # Several checks ask about the same level; a name stands for one level here.
        found = self._held.get(level.name)
        if found is None:
            found = assurance.holds(level, self.proofs, self.now)
            self._held[level.name] = found
        return found

    @once
    def _held(self) -> dict[str, bool]:
        return {}

    @property
    def reached(self) -> Level | None:
        """The strongest level that holds."""
        return assurance.reached(self.rules.levels, self._holds)

    def reachable(self, levels: Iterable[Level], methods: frozenset[str]) -> bool:
        """Return True if `levels` would hold once all of `methods` were proved."""
        return self.hold(levels, *self.abilities(methods))

    @once
    def settled(self) -> frozenset[str]:
        """The methods that were set up before this sign-in began."""
        return self.person.enrolled - self.added

    @once
    def added(self) -> frozenset[str]:
        """The methods that were set up in this very sign-in."""
        return frozenset(p.method for p in self.know.proofs if p.bootstrap and self.of_now(p))


def imagined(ability: Ability, now: int, *, bootstrap: bool = False) -> Proof:
    """Return the proof that `ability` would give at best."""
    return Proof(
        ability.method,
        ability.amr,
        ability.factors,
        now,
        traits=ability.traits,
        bootstrap=bootstrap,
    )
