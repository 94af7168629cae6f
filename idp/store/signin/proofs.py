"""Proofs: each success of an authenticator, of a sign-in first and of a session after it."""

from idp.policy.types import Proof
from idp.store.db import Work
from idp.store.db.statements import Statement
from idp.store.models import sign_in
from idp.store.rows import reader
from idp.store.signin.interactions import InteractionRow
from idp.store.tags import Sealed
from idp.store.tags.kinds import PROOF

ROW = Sealed(
    PROOF,
    reader(
        Proof,
        {sign_in.Proof: "f"},
        interaction=sign_in.Proof.interaction_id,
        credential=sign_in.Proof.credential_id,
    ),
    "f",
)
"""A stored proof as the policy knows it; given is the session that it has to be of."""
_PROOFS = Statement(
    f"SELECT {ROW.columns} FROM proof f WHERE f.interaction_id = :id AND f.person_id = :person_id"
    " ORDER BY f.id"
)


def of(work: Work, interaction: InteractionRow) -> tuple[Proof, ...]:
    """Return what the person of a sign-in has proved in it, oldest first; nothing for no one."""
    if interaction.person_id is None:
        return ()
    rows = work.all(_PROOFS, id=interaction.id, person_id=interaction.person_id)
    return tuple(ROW.all(work, rows, interaction.session_id))


_ADD_PROOF = Statement(
    "INSERT INTO proof (interaction_id, person_id, credential_id, method, amr, factors, traits,"
    ' "first", bootstrap, at, tag) VALUES (:interaction_id, :person_id, :credential_id, :method,'
    " :amr, :factors, :traits, :first, :bootstrap, :at, :tag)"
)
_ADOPT = Statement(
    "UPDATE proof SET session_id = :id WHERE interaction_id = :interaction_id"
    " AND person_id = :person_id"
)


def adopt(work: Work, session_id: str, interaction_id: str, person_id: str) -> None:
    """Let the session hold what this person proved in an interaction that finished."""
    work.run(_ADOPT, id=session_id, interaction_id=interaction_id, person_id=person_id)


def add(work: Work, person_id: str, session_id: str, proof: Proof) -> None:
    """Record a success in a sign-in of this session; it counts in no other."""
    values = {
        "interaction_id": proof.interaction,
        "person_id": person_id,
        "credential_id": proof.credential,
        "method": proof.method,
        "amr": " ".join(proof.amr),
        "factors": " ".join(sorted(proof.factors)),
        "traits": " ".join(sorted(proof.traits)),
        "first": proof.first,
        "bootstrap": proof.bootstrap,
        "at": proof.at,
    }
    work.run(_ADD_PROOF, **values, tag=PROOF.tag(work, **values, session=session_id))
