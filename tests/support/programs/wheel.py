"""A wheel of Acrux, built from a copy of the sources and installed in an environment of its own.

The packages that Acrux needs are those of the environment that runs the tests, so no network is
needed; of Acrux the new environment has what the wheel brings, and nothing else.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import venv
from dataclasses import dataclass
from pathlib import Path

from tests.support.programs.documented import ROOT

CONTAINERFILE = ROOT / "config/packages/Containerfile"
SECONDS = 300


@dataclass(frozen=True)
class Installed:
    """An environment in which only a wheel was installed."""

    wheel: Path
    acrux: Path

    def variables(self, **more: str) -> dict[str, str]:
        """Return an environment that knows nothing of the checkout, and `more`."""
        kept = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("ACRUX_", "PYTHON"))
        }
        return {**kept, "PYTHONUNBUFFERED": "1", **more}

    def run(self, cwd: Path, *words: str, stdin: str = "", **more: str) -> str:
        """Run the `acrux` of the wheel in `cwd`; return what it prints."""
        done = subprocess.run(
            [str(self.acrux), *words],
            cwd=cwd,
            env=self.variables(**more),
            input=stdin,
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout


def install(folder: Path) -> Installed:
    """Build the wheel below `folder` and install it there."""
    sources = folder / "sources"
    sources.mkdir()
    for name in copied():
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copyfile
        copy(ROOT / name, sources / name)
    offline = ("--no-index", "--no-deps", "--disable-pip-version-check")
    _pip("wheel", *offline, "--no-build-isolation", "--wheel-dir", str(folder), str(sources))
    shutil.rmtree(sources)
    [wheel] = folder.glob("acrux-*.whl")
    place = folder / "environment"
    venv.create(place, with_pip=False, symlinks=True)
    python = place / "bin" / "python"
    _pip("--python", str(python), "install", *offline, str(wheel))
    [packages] = place.glob("lib/python3*/site-packages")
    # After the installation: pip would otherwise take the checkout for an older Acrux.
    (packages / "needed.pth").write_text(sysconfig.get_path("purelib"))
    return Installed(wheel, place / "bin" / "acrux")


def copied() -> list[str]:
    """Return what the Containerfile brings for building, so that this is seen to be enough."""
    lines = re.findall(r"^COPY (?!--)(.*) \S+$", CONTAINERFILE.read_text(), re.MULTILINE)
    return [name for line in lines for name in line.split()]


def health_check() -> list[str]:
    """Return the command by which a container is found healthy, behind its Python."""
    [command] = re.findall(r"^    CMD (\[.*\])$", CONTAINERFILE.read_text(), re.MULTILINE)
    return list(json.loads(command))[1:]


def _pip(*words: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pip", "--quiet", *words],
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stderr
