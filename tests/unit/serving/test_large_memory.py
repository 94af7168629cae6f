"""What a password's hash takes of memory is given back at once, and is cheap to ask for anew."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from idp.serving import process
from tests.conftest import leave_out

HUGE = Path("/sys/kernel/mm/transparent_hugepage/enabled")
FAULTS = """
import resource
from argon2 import PasswordHasher
from idp.serving import process
process.return_large_memory()
hasher = PasswordHasher(2, 19456, 1)
hashed = hasher.hash("a")
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
hasher.verify(hashed, "a")
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


@pytest.mark.slow
def test_the_memory_of_a_hash_comes_in_large_pages() -> None:
    if not HUGE.exists() or "[never]" in HUGE.read_text():
        leave_out("the system has no large pages")
    # 19 MiB are 4864 pages of 4 KiB; what is before and behind the large ones comes in small ones.
    words = [sys.executable, "-c", FAULTS]
    environ = dict(os.environ)
    process.take_large_pages(environ)
    done = subprocess.run(words, env=environ, capture_output=True, text=True, check=True)
    assert int(done.stdout) < 1500


def test_what_the_operator_says_of_memory_stands() -> None:
    said = {process.TUNABLES: "glibc.malloc.hugetlb=0"}
    process.take_large_pages(said)
    assert said == {process.TUNABLES: "glibc.malloc.hugetlb=0"}
