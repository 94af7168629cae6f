"""OpenLDAP's slapd, unmodified: a directory with TLS, whose entries a test writes."""

import shutil
import socket
import subprocess
import time
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from tests.support.programs.https import NAMES, write_authority
from tests.support.programs.servers import end

SECONDS = 60
BASE = "dc=example,dc=org"
ADMIN = f"cn=admin,{BASE}"
READER = f"cn=reader,{BASE}"
SECRET = "the reader's own"
_MODULES = Path("/usr/lib/ldap")
_CONFIG = """
include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
modulepath {modules}
moduleload back_mdb
moduleload memberof
pidfile {folder}/pid
TLSCACertificateFile {folder}/authority.pem
TLSCertificateFile {folder}/identity.pem
TLSCertificateKeyFile {folder}/identity.pem
database mdb
maxsize 10485760
suffix "{base}"
rootdn "{admin}"
rootpw "{secret}"
directory {folder}/data
overlay memberof
access to attrs=userPassword by anonymous auth by * none
access to * by users read by * none
"""


def path() -> str | None:
    """Return the program: Debian keeps it off an ordinary user's PATH."""
    return shutil.which("slapd") or shutil.which("slapd", path="/usr/sbin")


def why_missing() -> str | None:
    """Say why none can be asked here; None when one can."""
    if path() is None:
        return "no slapd (Debian: install slapd)"
    if not find_spec("ldap"):
        return "no python-ldap (docs/directory.md: what it is built with), then make install-dev"
    return None


class Slapd:
    """One directory, with files in a folder; it may be ended and started again."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.port, self.open_port = _free_port(), _free_port()
        write_authority(folder, NAMES)
        (folder / "data").mkdir()
        values = {"base": BASE, "admin": ADMIN, "secret": SECRET}
        text = _CONFIG.format(folder=folder, modules=_MODULES, **values)
        (folder / "slapd.conf").write_text(text)
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def authority(self) -> Path:
        return self._folder / "authority.pem"

    @property
    def settings(self) -> dict[str, Any]:
        """Return what a site is told of it: who searches, then binds."""
        return {
            "directory__url": f"ldaps://localhost:{self.port}",
            "directory__ca_bundle": self.authority,
            "directory__bind_dn": READER,
            "directory__bind_password": SECRET,
            "directory__base": f"ou=people,{BASE}",
            "directory__active": "(!(description=disabled))",
            "directory__groups": "memberOf",
            "directory__user_type": "employeeType",
        }

    def start(self) -> None:
        """Start it, and wait until it listens."""
        program = path()
        assert program is not None
        # The certificate is for the first alone.
        secured = f"ldaps://127.0.0.1:{self.port} ldaps://127.0.0.2:{self.port}"
        places = f"{secured} ldap://127.0.0.1:{self.open_port}"
        words = (program, "-f", self._folder / "slapd.conf", "-h", places, "-d", "0")
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen([*map(str, words)], stdout=log, stderr=log)
        until = time.monotonic() + SECONDS
        while time.monotonic() < until:
            assert self._process.poll() is None, (self._folder / "log").read_text()
            with suppress(OSError):
                socket.create_connection(("127.0.0.1", self.open_port), 1).close()
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return
            time.sleep(0.05)
        raise AssertionError("slapd does not listen: " + (self._folder / "log").read_text())

    def stop(self) -> None:
        if self._process is not None:
            end(self._process)
            self._process = None

    def fill(self) -> None:
        """Add what each test finds: who searches, and where people and groups are."""
        self.add(BASE, objectClass=["domain"], dc="example")
        self.add(
            READER, objectClass=["person", "simpleSecurityObject"], sn="reader", userPassword=SECRET
        )
        for name in ("people", "groups"):
            self.add(f"ou={name},{BASE}", objectClass=["organizationalUnit"])

    def person(self, uid: str, password: str, **more: Any) -> str:
        """Add someone, and return the DN."""
        dn = f"uid={uid},ou=people,{BASE}"
        about = {"cn": uid.capitalize(), "sn": uid, "mail": f"{uid}@example.org", **more}
        self.add(dn, objectClass=["inetOrgPerson"], uid=uid, userPassword=password, **about)
        return dn

    def forget(self, *spared: str) -> None:
        """Remove all people but those of some names."""
        import ldap

        def removed(line: Any) -> None:
            found = line.search_s(f"ou=people,{BASE}", ldap.SCOPE_ONELEVEL, "(uid=*)", ["uid"])
            for dn, about in found:
                if about["uid"][0].decode() not in spared:
                    line.delete_s(dn)

        self._changed(removed)

    def add(self, dn: str, **attributes: Any) -> None:
        """Add an entry."""
        given = [(name, _bytes(value)) for name, value in attributes.items() if value != []]
        self._changed(lambda line: line.add_s(dn, given))

    def put(self, dn: str, **attributes: Any) -> None:
        """Replace attributes of an entry."""
        import ldap

        given = [(ldap.MOD_REPLACE, name, _bytes(value)) for name, value in attributes.items()]
        self._changed(lambda line: line.modify_s(dn, given))

    def rename(self, dn: str, rdn: str) -> None:
        self._changed(lambda line: line.rename_s(dn, rdn))

    def _changed(self, change: Any) -> None:
        import ldap

        line = ldap.initialize(f"ldap://127.0.0.1:{self.open_port}")
        line.simple_bind_s(ADMIN, SECRET)
        try:
            change(line)
        finally:
            line.unbind_s()


def _bytes(value: Any) -> list[bytes]:
    return [str(one).encode() for one in (value if isinstance(value, list) else [value])]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port
