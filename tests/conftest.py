"""What every test may ask for, and what happens when this machine lacks it.

Groups of tests need more than Python: PostgreSQL, PgBouncer, Chromium, Node, Apache with
mod_auth_openidc, the servers of docs/operate.md, and products in four languages. Where one is
missing, its tests are left out, and the end of the run says which and why; with REQUIRE_ALL=1 they
fail.
"""

import gc
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

import hypothesis
import pytest
from playwright.sync_api import Browser

from tests.support import first_state
from tests.support.emptied import Emptied
from tests.support.programs import apache, documented, installed, postgres
from tests.support.programs import chromium as chromium_support
from tests.support.programs import pgbouncer as pgbouncer_support
from tests.support.programs import rsyslog as rsyslog_support
from tests.support.programs import slapd as slapd_support
from tests.support.programs.postgres import database_name
from tests.support.stand_ins.twilio import FakeTwilio, fake_twilio

HERE = Path(__file__).parent
NODE_PACKAGES = HERE / "relying_parties" / "node_modules"
OLDEST_NODE = 20
REQUIRE_ALL = os.environ.get("REQUIRE_ALL", "") not in ("", "0")

pytest_plugins = ["tests.support.worked_out", "tests.support.secrecy", "tests.support.site"]

# Two busy cores make wall-clock limits for single examples a matter of luck.
hypothesis.settings.register_profile("acrux", deadline=None)
# What `make quick` tries: `make test` tries as many as Hypothesis does by itself, which is 100.
hypothesis.settings.register_profile("quick", deadline=None, max_examples=25)
hypothesis.settings.load_profile("acrux")


def why_node_is_missing() -> str | None:
    """Say why no Node application can be run here; None when one can."""
    node = shutil.which("node")
    if node is None:
        return "no node on the PATH (Debian: install nodejs and npm)"
    version = subprocess.run(
        [node, "--version"], capture_output=True, text=True, check=False
    ).stdout
    if int(version.strip().lstrip("v").partition(".")[0] or 0) < OLDEST_NODE:
        return f"node {version.strip()} is older than {OLDEST_NODE}"
    if not all((NODE_PACKAGES / name).is_dir() for name in ("openid-client", "oidc-client-ts")):
        return "its packages are not installed (`make test` does it with npm)"
    return None


# marker: (what it is called, why it is missing, the fixture that gives it)
GROUPS = {
    "postgres": ("PostgreSQL", postgres.why_missing(), "postgres_server"),
    "browser": ("Chromium", chromium_support.why_missing(), "chromium"),
    "node": ("Node", why_node_is_missing(), "node"),
    "pgbouncer": ("PgBouncer", pgbouncer_support.why_missing(), "pgbouncer"),
    "apache": ("Apache with mod_auth_openidc", apache.why_missing(), "apache"),
    "front_servers": ("nginx, HAProxy, Caddy, systemd", documented.why_missing(), "front_servers"),
    "nginx": ("nginx", installed.why_nginx_is_missing(), "nginx"),
    "rsyslog": ("rsyslog", rsyslog_support.why_missing(), "rsyslog"),
    "slapd": ("OpenLDAP's slapd", slapd_support.why_missing(), "slapd"),
    "promtool": ("promtool", installed.why_promtool_is_missing(), "promtool"),
    "oidc_agent": ("oidc-agent", installed.why_oidc_agent_is_missing(), "oidc_agent"),
    "go_products": ("Products in Go", installed.why_go_is_missing(), "go_products"),
    "node_products": ("Products in Node", installed.why_node_is_missing(), "node_products"),
    "python_products": (
        "Products in Python",
        installed.why_python_is_missing(),
        "python_products",
    ),
    "java_products": ("Products in Java", installed.why_java_is_missing(), "java_products"),
}
LONG = frozenset({"browser", "relying_parties", "products", "conformance", "serving", "torture"})
"""Folders below which files take long for the few tests in them."""
MEMORY = Path("/dev/shm")
ROOM = 2 * 2**30
"""Bytes, many times what the databases of a run have at once."""
RUN_DIRECTORY = pytest.StashKey[Path]()
ALIVE = pytest.StashKey[int]()


def pytest_configure(config: pytest.Config) -> None:
    """Give the run one directory that all its processes share, and a sign of life in it."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        # A run in the background of a shell: what it starts would never hear of Ctrl-C.
        signal.signal(signal.SIGINT, signal.default_int_handler)
    given = getattr(config, "workerinput", {}).get("run_directory")
    config.stash[RUN_DIRECTORY] = Path(
        given or tempfile.mkdtemp(prefix="acrux-tests-", dir=_place())
    )
    if not given:
        if place := _place():
            os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(place))
        config.stash[RUN_DIRECTORY].chmod(0o755)
        alive = config.stash[RUN_DIRECTORY] / "alive"
        os.mkfifo(alive, 0o644)
        config.stash[ALIVE] = os.open(alive, os.O_RDWR)


def _place() -> Path | None:
    """Return a folder in memory where this machine has one with room; None for the usual one.

    PostgreSQL makes and removes hundreds of files for each database of a test, and SQLite has its
    own in the test's folder.
    """
    roomy = os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free >= ROOM
    return MEMORY if roomy else None


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node) -> None:
    """Tell each worker of pytest-xdist where that directory is."""
    node.workerinput["run_directory"] = str(node.config.stash[RUN_DIRECTORY])


def pytest_unconfigure(config: pytest.Config) -> None:
    """End what the run started and remove its directory."""
    if ALIVE in config.stash:
        os.close(config.stash[ALIVE])
        postgres.wait_until_stopped(config.stash[RUN_DIRECTORY])
        shutil.rmtree(config.stash[RUN_DIRECTORY])


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark each test with the groups whose fixture it uses; put the longest files first.

    A long file that comes last keeps one process busy while the others have nothing to do.
    """
    items.sort(key=lambda item: not LONG.intersection(item.path.relative_to(HERE).parts))
    for item in items:
        for group, (_, _, fixture) in GROUPS.items():
            if fixture in getattr(item, "fixturenames", ()):
                item.add_marker(group)


def pytest_collection_finish() -> None:
    """Let the collector leave alone what stays until the end: the product, its tools, the tests.

    To look through it each time took a quarter of a test's time. And to look for circles after each
    700 new objects, as Python does by itself, took a twentieth: an application has 100,000.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(200_000, 10, 10)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    for group in GROUPS:
        if item.get_closest_marker(group):
            need(group)


def need(group: str) -> None:
    """Leave this test out, or fail it, when the machine lacks the group."""
    name, reason, _ = GROUPS[group]
    if reason:
        leave_out(f"{name} is missing: {reason}")


def leave_out(reason: str) -> NoReturn:
    """Leave this test out of what this machine can run; with REQUIRE_ALL it fails."""
    if REQUIRE_ALL:
        pytest.fail(f"REQUIRE_ALL is set, but {reason}", pytrace=False)
    pytest.skip(reason)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Name what was left out on this machine, and why."""
    skipped = [report.longrepr[2] for report in terminalreporter.stats.get("skipped", [])]
    lines = []
    for name, reason, _ in GROUPS.values():
        count = sum(f"{name} is missing: {reason}" in text for text in skipped)
        if count:
            lines.append(f"{name}: {count} tests, because {reason}")
    if lines:
        terminalreporter.section("left out on this machine")
        terminalreporter.write_line("\n".join(lines))
        terminalreporter.write_line("REQUIRE_ALL=1 turns this into a failure.")


@pytest.fixture(scope="session")
def postgres_server(pytestconfig: pytest.Config) -> postgres.Cluster:
    """The PostgreSQL of this run; `postgres_server.create_database()` returns a URL."""
    need("postgres")
    directory = pytestconfig.stash[RUN_DIRECTORY]
    return postgres.shared_cluster(directory, directory / "alive")


@pytest.fixture(scope="session")
def postgres_databases(postgres_server: postgres.Cluster) -> Iterator[Emptied]:
    """The databases of that server, each for one test after the other."""
    databases = Emptied(postgres_server)
    yield databases
    databases.close()


@pytest.fixture
def own_postgres(
    pytestconfig: pytest.Config, postgres_server: postgres.Cluster
) -> Iterator[postgres.Cluster]:
    """A PostgreSQL of this test's own, which it may freeze and stop."""
    directory = Path(tempfile.mkdtemp(prefix="own-", dir=pytestconfig.stash[RUN_DIRECTORY]))
    directory.chmod(0o755)
    alive = directory / "alive"
    os.mkfifo(alive, 0o644)
    sign_of_life = os.open(alive, os.O_RDWR)
    try:
        yield postgres.shared_cluster(directory, alive, postgres_server)
    finally:
        os.close(sign_of_life)
        postgres.wait_until_stopped(directory)


@pytest.fixture
def pgbouncer(pytestconfig: pytest.Config, postgres_server: postgres.Cluster) -> Iterator[str]:
    """The URL of a fresh database behind PgBouncer in transaction mode."""
    need("pgbouncer")
    url = postgres_server.create_database()
    # Not in a folder of the test, which another account could not enter.
    folder = Path(tempfile.mkdtemp(prefix="pgbouncer-", dir=pytestconfig.stash[RUN_DIRECTORY]))
    with pgbouncer_support.before(url, folder) as pooled:
        yield pooled
    postgres_server.drop_database(url)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """A headless browser, one for each test process."""
    need("browser")
    with chromium_support.browser() as browser:
        yield browser


@pytest.fixture
def twilio() -> Iterator[FakeTwilio]:
    """A carrier of this test's own, on loopback."""
    with fake_twilio() as fake:
        yield fake


@pytest.fixture(scope="session")
def node() -> str:
    """The path of Node; its packages are installed in tests/relying_parties."""
    need("node")
    return str(shutil.which("node"))


@pytest.fixture(scope="session")
def promtool() -> str:
    """The path of Prometheus' tool that checks its rules."""
    need("promtool")
    return str(shutil.which("promtool"))


@pytest.fixture(scope="session")
def rsyslog() -> None:
    """rsyslog, see `tests.support.programs.rsyslog`."""
    need("rsyslog")


@pytest.fixture(scope="session")
def slapd() -> None:
    """OpenLDAP's slapd, see `tests.support.programs.slapd`."""
    need("slapd")


@pytest.fixture(scope="session")
def front_servers() -> None:
    """The servers of docs/operate.md, see `tests.support.documented`."""
    need("front_servers")


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a fresh database: once on SQLite, once on PostgreSQL.

    It is made when the first `Site` is; what is no site asks for `empty_database`.
    """
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'acrux.sqlite'}"
        return
    databases = request.getfixturevalue("postgres_databases")
    url = databases.take()
    yield url
    databases.give_back(url)


@pytest.fixture
def empty_database(database_url: str, request: pytest.FixtureRequest) -> str:
    """The same, of a database that is there and empty."""
    if database_url.startswith("postgresql"):
        first_state.ready.discard(database_name(database_url))
        server = request.getfixturevalue("postgres_server")
        server.drop_database(database_url)
        server.create_database(database_url)
    return database_url
