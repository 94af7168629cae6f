"""Proofs: each success of an authenticator, of a sign-in first and of a session after it."""

from typing import Any

from idp.policy.types import Factor, Proof, Trait
from idp.store.db import Work
from idp.store.db.statements import Statement

COLUMNS = (
    "p.method, p.amr, p.factors, p.at, p.interaction_id, p.traits, p.credential_id, p.bootstrap,"
    ' p."first"'
)
_PROOFS = Statement(
    f"SELECT {COLUMNS} FROM proof p WHERE p.interaction_id = :id AND p.person_id = :person_id"
    " ORDER BY p.id"
)


def read(row: Any) -> Proof:
    """Return a stored proof as the policy knows it."""
    return Proof(
        method=row[0],
        amr=tuple(row[1].split()),
        factors=frozenset(map(Factor, row[2].split())),
        at=row[3],
        interaction=row[4],
        traits=frozenset(map(Trait, row[5].split())),
        credential=row[6],
        bootstrap=bool(row[7]),
        first=bool(row[8]),
    )


def of(work: Work, interaction_id: str, person_id: str) -> tuple[Proof, ...]:
    """Return what this person has proved in one interaction, oldest first."""
    rows = work.all(_PROOFS, id=interaction_id, person_id=person_id)
    return tuple(read(row) for row in rows)


_ADD_PROOF = Statement(
    "INSERT INTO proof (interaction_id, person_id, credential_id, method, amr, factors, traits,"
    ' "first", bootstrap, at) VALUES (:interaction_id, :person_id, :credential_id, :method, :amr,'
    " :factors, :traits, :first, :bootstrap, :at)"
)
_ADOPT = Statement(
    "UPDATE proof SET session_id = :id WHERE interaction_id = :interaction_id"
    " AND person_id = :person_id"
)


def adopt(work: Work, session_id: str, interaction_id: str, person_id: str) -> None:
    """Let the session hold what this person proved in an interaction that finished."""
    work.run(_ADOPT, id=session_id, interaction_id=interaction_id, person_id=person_id)


def add(work: Work, person_id: str, proof: Proof) -> None:
    """Record a success."""
    work.run(
        _ADD_PROOF,
        interaction_id=proof.interaction,
        person_id=person_id,
        credential_id=proof.credential,
        method=proof.method,
        amr=" ".join(proof.amr),
        factors=" ".join(sorted(proof.factors)),
        traits=" ".join(sorted(proof.traits)),
        first=proof.first,
        bootstrap=proof.bootstrap,
        at=proof.at,
    )
