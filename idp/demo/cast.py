"""Who plays in the demo: made-up people, each with one way to sign in. Facts only.

Their passwords stand here and on the terminal; that is why the demo listens on this machine alone.
"""

# ruff: noqa: S106 - everyone may know these passwords

from dataclasses import dataclass


@dataclass(frozen=True)
class Part:
    """One person of the demo. `second` is the method of the second step, "" for none."""

    username: str
    name: str
    password: str
    user_type: str
    second: str
    shows: str
    phone: str | None = None
    roles: frozenset[str] = frozenset()
    verified: bool = True
    """The e-mail address was confirmed."""

    @property
    def email(self) -> str:
        return f"{self.username}@demo.example"


NURSE = "nurse"
"""The user type that a stage of the demo will ask for a second step."""
CAST: tuple[Part, ...] = (
    Part(
        username="aroha",
        name="Aroha Ngata",
        password="kettle harbour violin",
        user_type="staff",
        second="",
        shows="one step, until an application insists on two",
    ),
    Part(
        username="tane",
        name="Tāne Parata",
        password="purple tractor sonnet",
        user_type="manager",
        second="totp",
        shows="two steps: password and authenticator app",
    ),
    Part(
        username="mere",
        name="Mere Rangi",
        password="lantern biscuit canoe",
        user_type="contractor",
        second="sms",
        shows="two steps: password and text message",
        phone="+64211234567",
    ),
    Part(
        username="admin",
        name="Hana Kereama",
        password="walrus teapot meridian",
        user_type="administrator",
        second="totp",
        shows="authenticator app; may open the console",
        roles=frozenset({"admin", "auditor"}),
    ),
    Part(
        username="rangi",
        name="Rangi Tau",
        password="ferry mandolin pocket",
        user_type=NURSE,
        second="",
        shows="is told from which day two steps are needed",
    ),
    Part(
        username="hemi",
        name="Hemi Pōtae",
        password="anchor biscuit meadow",
        user_type=NURSE,
        second="",
        shows="is told, and cannot yet: address unconfirmed",
        verified=False,
    ),
)


def owner(address: str) -> str | None:
    """Return whose number or e-mail address this is."""
    return next((p.username for p in CAST if address in (p.phone, p.email)), None)
