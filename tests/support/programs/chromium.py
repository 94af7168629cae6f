"""The browser of the tests: this machine's Chromium, driven by Playwright, never a downloaded one.

A test opens its own context (`chromium.new_context(...)`), so no cookie passes from test to test.
"""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, sync_playwright

NAMES = (
    "chromium-headless-shell",
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
)
"""The first one on the PATH is taken. The same engine without windows takes a third of the time."""
# Quiet and alone: no sandbox (root in a container has none), no traffic but the test's own.
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def why_missing() -> str | None:
    """Say why no browser can be started here; None when one can."""
    if executable() is None:
        return f"none of {', '.join(NAMES)} is on the PATH (Debian: install {NAMES[0]})"
    return None


def executable() -> str | None:
    """Return the path of the first Chromium on the PATH."""
    return next(filter(None, map(shutil.which, NAMES)), None)


@contextmanager
def browser() -> Iterator[Browser]:
    """Start a headless Chromium and end it afterwards.

    While it runs, Playwright keeps an event loop in this thread: `asyncio.run` needs another one.
    """
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=executable(), args=ARGUMENTS)
        try:
            yield started
        finally:
            started.close()
