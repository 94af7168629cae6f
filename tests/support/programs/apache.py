"""Debian's Apache with mod_auth_openidc in front of a page, as its administrator would set it up.

It has a configuration of its own in a folder of its own and runs as an ordinary user; no file of
the system's Apache is read but the modules.
"""

import os
import pwd
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

MODULES = Path("/usr/lib/apache2/modules")
LOADED = (
    *("mpm_prefork", "authn_core", "authz_core", "authz_user", "alias", "cgi", "ssl"),
    "auth_openidc",
)
START_SECONDS = 30
CONFIGURATION = """\
ServerRoot {folder}
ServerName localhost
Listen 127.0.0.1:{port}
PidFile {folder}/pid
ErrorLog {folder}/error.log
LogLevel warn
Mutex file:{folder} default
{modules}
StartServers 2
MinSpareServers 1
MaxSpareServers 4
MaxRequestWorkers 8
KeepAlive Off
SSLEngine On
SSLCertificateFile {folder}/identity.pem
SSLSessionCache none
{directives}
OIDCRedirectURI {url}/oidc
OIDCCryptoPassphrase only-for-the-tests
OIDCSSLValidateServer On
OIDCCABundlePath {folder}/authority.pem
OIDCPassClaimsAs environment
ScriptAlias /page {folder}/page
<Location />
AuthType openid-connect
Require valid-user
</Location>
<Location /bye>
AuthType None
Require all granted
</Location>
{locations}
"""
# The protected application: it says what it was told of the person. Below /watching it is a page
# with the two frames by which mod_auth_openidc follows the session at the provider.
PAGE = """\
#!/bin/sh
if [ "$PATH_INFO" = /watching ]; then
    printf 'Content-Type: text/html\\n\\n'
    printf '<!doctype html><html lang="en"><title>Watching</title><h1>Watching</h1>'
    printf '<iframe id="openidc-op" src="/oidc?session=iframe_op"></iframe>'
    printf '<iframe id="openidc-rp" src="/oidc?session=iframe_rp&amp;poll=500"></iframe></html>'
    exit
fi
printf 'Content-Type: text/plain\\n\\n'
exec /usr/bin/env
"""


@dataclass(frozen=True)
class Apache:
    """A server to be. `/page` is protected; `folder` is empty and belongs to it alone."""

    folder: Path
    port: int

    @property
    def url(self) -> str:
        return f"https://localhost:{self.port}"

    @property
    def redirect_uri(self) -> str:
        return f"{self.url}/oidc"

    @property
    def log(self) -> str:
        """What it had to complain of."""
        return (self.folder / "error.log").read_text()

    @contextmanager
    def running(
        self, identity: Path, authority: Path, settings: Mapping[str, str], locations: str = ""
    ) -> Iterator["Apache"]:
        """Run it with these directives of mod_auth_openidc, and end it afterwards.

        `identity` is its certificate with the key, `authority` what it checks the provider with.
        """
        shutil.copy(identity, self.folder / "identity.pem")
        shutil.copy(authority, self.folder / "authority.pem")
        owner = self._prepare(settings, locations)
        program = executable()
        assert program is not None
        with (self.folder / "error.log").open("a") as log:
            process = subprocess.Popen(
                [program, "-D", "FOREGROUND", "-f", str(self.folder / "apache.conf")],
                stdout=log,
                stderr=log,
                cwd=self.folder,
                **owner,
            )
        try:
            self._wait(process)
            yield self
        finally:
            process.terminate()
            process.wait(15)

    def _prepare(self, settings: Mapping[str, str], locations: str) -> dict[str, Any]:
        """Write its files; return whom to run it as."""
        (self.folder / "apache.conf").write_text(
            CONFIGURATION.format(
                folder=self.folder,
                port=self.port,
                url=self.url,
                modules="\n".join(f"LoadModule {n}_module {MODULES}/mod_{n}.so" for n in LOADED),
                directives="\n".join(f"{name} {value}" for name, value in settings.items()),
                locations=locations,
            )
        )
        (self.folder / "error.log").touch()
        page = self.folder / "page"
        page.write_text(PAGE)
        page.chmod(0o755)
        user = _ordinary_user() if os.geteuid() == 0 else None
        if user is None:
            return {}
        for file in (self.folder, *self.folder.rglob("*")):
            shutil.chown(file, user.pw_uid, user.pw_gid)
        return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}

    def _wait(self, process: "subprocess.Popen[bytes]") -> None:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            assert process.poll() is None, self.log
            with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 2):
                return
        raise AssertionError("Apache did not start: " + self.log)


def why_missing() -> str | None:
    """Say why no such server can be started here; None when one can."""
    if executable() is None or not (MODULES / "mod_auth_openidc.so").exists():
        return "no apache2 with its module (Debian: install libapache2-mod-auth-openidc)"
    if os.geteuid() == 0 and _ordinary_user() is None:
        return "it will not run as root, and there is no user `www-data` to run it as"
    return None


def executable() -> str | None:
    """Return the path of Apache: Debian keeps it off an ordinary user's PATH."""
    return shutil.which("apache2") or shutil.which("apache2", path="/usr/sbin")


def _ordinary_user() -> pwd.struct_passwd | None:
    with suppress(KeyError):
        return pwd.getpwnam("www-data")
    return None
