"""What `acrux doctor` finds of the directory that checks passwords."""

from collections.abc import Iterator

from idp.cli.doctor.finding import BAD, GOOD, Finding
from idp.directory.answers import DirectoryError
from idp.settings.values import Settings


def directory_findings(loaded: Settings) -> Iterator[Finding]:
    """The directory answers as it is asked for a person, if there is one."""
    if not loaded.directory.on:
        yield Finding(GOOD, "directory", "there is none: directory.url is empty")
        return
    # Loaded by those alone who want it.
    from idp.directory import needed

    if said := needed.problem():
        yield Finding(BAD, "directory", "the package for it is missing", said)
        return
    from idp.directory.asking import Asking

    try:
        yield Finding(GOOD, "directory", Asking(loaded.directory).look())
    except DirectoryError as error:
        mend = "docs/directory.md#when-it-does-not-answer"
        yield Finding(BAD, "directory", f"nobody can be checked there: {error}", mend)
