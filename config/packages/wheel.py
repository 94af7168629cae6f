"""What setuptools does for a wheel of Acrux beside the usual: the project's folders go into it.

setup.cfg names this class; nothing of Acrux imports it. Templates, migrations and settings stand
beside the package, where people look for them; in a wheel `idp/_shipped` has them, where
`idp.shipped` finds them.
"""

from pathlib import Path

from setuptools.command.build_py import build_py

ROOT = Path(__file__).resolve().parents[2]
CARRIED = "idp/_shipped"
FOLDERS = {
    "templates": ("**/*.html", "**/*.txt"),
    "migrations": ("*.py", "alembic.ini", "versions/*.py"),
    "config": ("*.toml", "*.json", "*.yml"),
    "tools/verify": ("*.py", "*.mjs", "*.txt"),
    # What the demo's API is made with.
    "kits/python": ("acrux_step_up/*.py", "acrux_step_up/py.typed"),
}
"""What a wheel carries of each folder."""
SOURCES = {"config": ("packages/**/*",)}
"""What an archive of the sources needs beside that."""


def files(of: dict[str, tuple[str, ...]]) -> list[str]:
    """Return the files of some folders, by their paths below the project."""
    return sorted(
        found.relative_to(ROOT).as_posix()
        for folder, patterns in of.items()
        for pattern in patterns
        for found in (ROOT / folder).glob(pattern)
        if found.is_file() and found.suffix != ".pyc"
    )


class BuildPy(build_py):
    """Copies the folders into the package; an editable install reads them in place."""

    def run(self) -> None:
        super().run()
        if self.editable_mode:
            return
        for name in files(FOLDERS):
            target = Path(self.build_lib, CARRIED, name)
            self.mkpath(str(target.parent))
            self.copy_file(str(ROOT / name), str(target), preserve_mode=False)

    def get_outputs(self, include_bytecode: bool = True) -> list[str]:
        """Return what is built, for whoever removes it again."""
        carried = [] if self.editable_mode else files(FOLDERS)
        mine = [str(Path(self.build_lib, CARRIED, name)) for name in carried]
        return [*super().get_outputs(include_bytecode), *mine]

    def get_source_files(self) -> list[str]:
        """Return what is built from, which an archive of the sources then has."""
        return [*super().get_source_files(), *files(FOLDERS), *files(SOURCES)]
