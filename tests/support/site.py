"""An Acrux of one's own for a test: people, applications, a clock, an inbox, browsers.

In process it answers a plain test client; `serve` runs real worker processes for races and real
browsers. Everything goes through public doors: pages, endpoints, message files, the clock file.
"""

import json
import os
import re
import secrets
import signal
import socket
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyotp
import pytest
import requests
from joserfc import jwk, jwt

from idp import clock, crypto
from idp.app import create_app
from idp.installation import Installation
from idp.oidc.tokens import signing_keys
from idp.policy.rollout import EVERYONE, Stage, Strength
from idp.store import db, events, people
from idp.store.db import connections
from idp.store.db.statements import Statement
from idp.store.oidc import clients
from idp.store.rollout import stages
from idp.store.tags import walking
from tests.support import clock_file, first_state, secrecy
from tests.support.applications.application import OWNED_URI, REDIRECT_URI, Application
from tests.support.browser import PASSWORD, Answer, Browser, InProcess, OverHttp
from tests.support.ledgers import evidence
from tests.support.programs import warm
from tests.support.programs.servers import end

MFA = "urn:acrux:acr:mfa"
MFA_APP = "urn:acrux:acr:mfa-app"
ONE = "urn:acrux:acr:1fa"
_DUE = Statement("SELECT count(*) FROM outbox WHERE state = 'due'")
START_SECONDS = 120
"""What a busy machine may need until a server answers."""
__all__ = ["PASSWORD", "REDIRECT_URI", "Answer", "Application", "Browser", "Site", "free_port"]


def by_keyword(variables: Mapping[str, str]) -> dict[str, str]:
    """Return variables of the environment as `Site` takes settings: `sms__backend="twilio"`."""
    return {name.removeprefix("ACRUX_").lower(): value for name, value in variables.items()}


class Site:
    """One installation in a folder, on a database."""

    def __init__(self, folder: Path, database_url: str, **settings: Any) -> None:
        secrecy.sites.add(self)
        self.folder = folder
        self.port = free_port()
        self.issuer = f"http://localhost:{self.port}"
        self.clock_file = folder / "clock"
        self.clock_file.write_text("0")
        self.environ = {
            "ACRUX_ENV": "testing",
            "ACRUX_SERVER__ISSUER": self.issuer,
            "ACRUX_INSTANCE__PATH": str(folder),
            "ACRUX_DATABASE__URL": database_url,
            "ACRUX_SMS__DIRECTORY": str(folder / "sms"),
            "ACRUX_MAIL__DIRECTORY": str(folder / "mail"),
            "ACRUX_TEST__CLOCK": str(self.clock_file),
            "ACRUX_OIDC__CACHE": "0",
            **{f"ACRUX_{name.upper()}": str(value) for name, value in settings.items()},
        }
        fresh = crypto.create_keyring(folder / "keyring")
        self.app = create_app(self.environ)
        self.installation: Installation = self.app.extensions["acrux_installation"]
        first_state.hasten(self.installation.engine)
        if fresh:
            self._first_start()
        self.spoiled = False
        """A test that leaves something changed says so: then the ledger must not verify."""
        self._told: list[dict[str, Any]] = []
        """What the ID tokens said that a test has read."""
        self._steps: dict[str, int] = {}
        self._base: str | None = None
        self.served = False
        """Whether processes of its own answer, one of which delivers messages, too."""

    def _first_start(self) -> None:
        first_state.migrate(self.installation.engine)
        with self.work() as work, first_state.ready_keys():
            for alg in ("RS256", "ES256"):
                signing_keys.generate(work, self.installation.keyring, alg, active_at=clock.now())

    def close(self) -> None:
        assert self.installation.post.settle(30), "a message is still being sent"
        assert self.connections_in_use() == 0, "a connection was not given back"
        self.check_evidence()
        connections.close(self.installation.engine)
        clock.use_offset_file(None)
        secrecy.read_messages()

    def check_evidence(self) -> None:
        """Demand one leaf for each answer with tokens, and a ledger that verifies if it may."""
        evidence.check(self.installation, self._told, spoiled=self.spoiled)

    def connections_in_use(self) -> int:
        return connections.in_use(self.installation.engine)

    @contextmanager
    def work(self) -> Iterator[db.Work]:
        with db.work(self.installation.engine) as unit:
            yield unit

    def client(self) -> InProcess | OverHttp:
        return OverHttp(self._base) if self._base else InProcess(self)

    def browser(self) -> Browser:
        return Browser(self)

    def moved(self) -> bool:
        """Return True if time was let pass here, or what serves it has ended."""
        stopped = self._base is not None and self.process.poll() is not None
        return stopped or float(self.clock_file.read_text()) != 0

    def begin_anew(self) -> None:
        """Forget everyone and every application, as if only `acrux init` had been run."""
        self.forget_messages()
        self.check_evidence()
        first_state.empty(self.installation.engine)
        self._steps.clear()

    def forget_messages(self) -> None:
        """Remove all that was delivered so far."""
        assert self.installation.post.settle(30)
        secrecy.read_messages()
        for channel in ("sms", "mail"):
            for message in (self.folder / channel).glob("*"):
                message.unlink()

    # -- people and applications

    def person(
        self,
        username: str = "tane",
        *,
        name: str | None = None,
        password: str | None = PASSWORD,
        totp: str | None = None,
        sms: bool = False,
        phone: str | None = "+64211234567",
        verified: bool = True,
        user_type: str = "user",
        roles: frozenset[str] = frozenset(),
        groups: Sequence[str] = (),
    ) -> str:
        """Add someone and return the `sub`."""
        methods: Any = self.installation.signin.authenticators
        with self.work() as work:
            person_id = people.add(
                work,
                username=username,
                email=f"{username}@example.org",
                name=username.capitalize() if name is None else name,
                phone=phone,
                verified=verified,
                user_type=user_type,
                roles=roles,
                groups=groups,
            )
            if password:
                methods["password"].set(work, person_id, password)
            if totp:
                methods["totp"].add(work, person_id, totp)
            if sms:
                row = people.by_id(work, person_id)
                methods["sms"].add(work, row, crypto.random_token(16))
        return person_id

    def secret(self) -> str:
        """Return a fresh TOTP secret."""
        return pyotp.random_base32(32)

    def application(
        self,
        client_id: str = "app",
        *,
        public: bool = False,
        self_registered: bool = False,
        **data: Any,
    ) -> Application:
        """Register a client, as an operator does, or as one that registered itself."""
        secret = None if public else crypto.random_token()
        data.setdefault("redirect_uris", [OWNED_URI if public else REDIRECT_URI])
        data.setdefault("first_party", not self_registered)
        if public:
            data["token_endpoint_auth_method"] = "none"
        with self.work() as work:
            digest = crypto.digest(secret) if secret else None
            clients.add(
                work,
                client_id,
                client_id.capitalize(),
                digest,
                json.dumps(data),
                registration_digest=crypto.random_token() if self_registered else None,
            )
        return Application(client_id, secret, *data["redirect_uris"][:1])

    def stage(
        self, audience: str, level: str, at: int | None, *, required: bool = True, **more: Any
    ) -> str:
        """Add a rollout stage and return its id; `at` is in seconds from now.

        `audience` is a user type, or what `policy.rollout.Stage` calls a selector.
        """
        when = None if at is None else clock.now() + at
        strength = Strength.REQUIRED if required else Strength.RECOMMENDED
        who = audience if audience == EVERYONE or ":" in audience else f"type:{audience}"
        stage = Stage(secrets.token_hex(4), (who,), level, strength, when)
        with self.work() as work:
            stages.add(work, replace(stage, **more))
        return stage.id

    def trust_rows(self) -> None:
        """Let every row be followed as it stands, whoever wrote it: see `acrux rows trust`."""
        walking.give(self.installation.engine)
        with self.work() as work:
            for row in list(walking.refused(work)):
                walking.trust(work, row)

    # -- time, messages, events

    def advance(self, seconds: float) -> None:
        """Let time pass for everything that has a lifetime."""
        clock_file.shift(self.clock_file, float(self.clock_file.read_text()) + seconds)

    def code(self, secret: str) -> str:
        """Return a code of an app that was not used before, advancing the clock if need be."""
        step = clock.now() // 30
        if step <= self._steps.get(secret, 0):
            self.advance((self._steps[secret] + 1) * 30 - clock.now())
            step = clock.now() // 30
        self._steps[secret] = step
        return pyotp.TOTP(secret).generate_otp(step)

    def messages(self, channel: str) -> list[dict[str, Any]]:
        """Return what was delivered by `sms` or `mail`, oldest first."""
        files = sorted((self.folder / channel).glob("*.json"))
        return [json.loads(file.read_text()) for file in files]

    def mailed_code(self) -> str:
        return self._newest_code("mail", "address-code")

    def texted_code(self) -> str:
        return self._newest_code("sms", "sms-code")

    def called_code(self) -> str:
        return self._newest_code("sms", "voice-code")

    def _newest_code(self, channel: str, kind: str) -> str:
        found = [m for m in self.messages(channel) if m["kind"] == kind]
        # A voice reads out one digit after the other.
        match = re.search(r"\b(?:\d(?:, )?){6}\b", found[-1]["body"]) if found else None
        assert match, f"no code by {channel}"
        return match.group().replace(", ", "")

    def events(self, **wanted: Any) -> list[events.EventRow]:
        """Return events that match, newest first."""
        with self.work() as work:
            return events.listing(work, events.Filter(**wanted), 500)

    def work_off(self) -> None:
        """Do what waits in the outbox, as the worker does at its next look.

        Where this is served a worker looks, too: what that has taken is waited for.
        """
        deadline = time.monotonic() + START_SECONDS
        while True:
            while self.installation.post.deliver_due():
                continue
            assert self.installation.post.settle(30)
            if not self.served or not self._being_sent():
                return
            assert time.monotonic() < deadline, "a message is still being sent"
            time.sleep(0.02)

    def _being_sent(self) -> bool:
        with self.work() as work:
            return bool(work.value(_DUE))

    def times(self, **wanted: Any) -> int:
        """Return how often what matches has happened: alike refusals are one event."""
        return sum(event.times for event in self.events(**wanted))

    # -- the protocol, seen by an application

    def redeem(self, application: Application, code: str, **changes: Any) -> Answer:
        """Exchange a code at the token endpoint."""
        form = application.redemption(code, **changes)
        return self.client().send("POST", "/token", form, application.authentication())

    def refresh(self, application: Application, token: str, **changes: Any) -> Answer:
        """Use a refresh token."""
        form = {"grant_type": "refresh_token", "refresh_token": token, **changes}
        if application.secret is None:
            form["client_id"] = application.client_id
        return self.client().send("POST", "/token", form, application.authentication())

    def id_token(self, text: str, algorithms: Sequence[str] = ("RS256", "ES256")) -> dict[str, Any]:
        """Return the claims of an ID token whose signature the published keys verify."""
        published = jwk.KeySet.import_key_set(self.client().send("GET", "/jwks").json)
        claims: dict[str, Any] = jwt.decode(text, published, algorithms=list(algorithms)).claims
        self._told.append(dict(claims))
        return claims

    def claims(self, application: Application, answer: Answer) -> dict[str, Any]:
        """Redeem the code of a finished sign-in and return the ID token's claims."""
        assert answer.location.startswith(application.redirect_uri), answer.text
        assert "code" in answer.query, answer.query
        token = self.redeem(application, answer.query["code"])
        assert token.status == 200, token.text
        return self.id_token(token.json["id_token"])

    # -- real processes

    @contextmanager
    def serve(self, workers: int = 1, *options: str, cold: bool = False) -> Iterator[str]:
        """Run the provider in real worker processes; yields its address.

        `options` are further words for the command. Each process loads the product itself where
        the start is `cold`, as it is for an operator.
        """
        log = (self.folder / "serve.log").open("w")
        words = ("--bind", f"127.0.0.1:{self.port}", "--workers", str(workers), *options)
        process = warm.serve(words, {**os.environ, **self.environ}, log, cold=cold)
        self.process = process
        try:
            self._wait(process)
            self._base, self.served = self.issuer, True
            yield self.issuer
        finally:
            self._base, self.served = None, False
            end(process, 15)
            log.close()
            secrecy.read_messages()
            secrecy.check((self.folder / "serve.log").read_text())

    def kill(self) -> None:
        """Kill the server and all its processes, as a power cut would."""
        found = [self.process.pid]
        for pid in found:
            children = Path(f"/proc/{pid}/task/{pid}/children").read_text()
            found += [int(child) for child in children.split()]
        for pid in found:
            os.kill(pid, signal.SIGKILL)

    def _wait(self, process: warm.Process) -> None:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            assert process.poll() is None, (self.folder / "serve.log").read_text()
            try:
                if requests.get(f"{self.issuer}/readyz", timeout=2).status_code == 200:
                    return
            except requests.RequestException:
                # A question in a row with no pause would take the core that the server needs.
                time.sleep(0.1)
        raise AssertionError("the server did not start: " + (self.folder / "serve.log").read_text())


def free_port() -> int:
    """Return a loopback port that no one listens on."""
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.fixture
def site(tmp_path: Path, database_url: str) -> Iterator[Site]:
    """An installation on SQLite and on PostgreSQL, in process."""
    found = Site(tmp_path, database_url)
    yield found
    found.close()


@pytest.fixture
def small_site(tmp_path: Path) -> Iterator[Site]:
    """An installation on SQLite alone, for what no database changes."""
    found = Site(tmp_path, f"sqlite:///{tmp_path / 'acrux.db'}")
    yield found
    found.close()
