"""What of a guarded host can be registered, and what cannot."""

import json
import re
import shlex

import pytest

from tests.protocol.command import Acrux
from tests.support.programs.forward_fronts import FORWARD

ORIGIN = "https://wiki.example.org"


def test_the_commands_of_the_document_register_it(small_acrux: Acrux) -> None:
    found = re.findall(r"^ *(acrux client .*)$", FORWARD.read_text(), re.M)
    assert len(found) == 2
    for line in found:
        small_acrux(*shlex.split(line)[1:])
    told = small_acrux.json("client", "show", "wiki")
    assert told["forward_origin"] == ORIGIN
    assert told["forward_paths"]["/admin"]["groups"] == ["it"]


@pytest.mark.parametrize(
    "origin",
    [
        "wiki.example.org",
        "http://wiki.example.org",
        "https://wiki.example.org/",
        "https://Wiki.example.org",
        "https://wiki.example.org:443",
        "https://a@wiki.example.org",
        "https://*.example.org",
        "javascript:1",
    ],
)
def test_a_host_is_the_origin_of_one_that_https_protects(small_acrux: Acrux, origin: str) -> None:
    small_acrux.refused("client", "add", "Wiki", "--set", f"forward_origin={origin}")


@pytest.mark.parametrize(
    "paths",
    [
        {"admin": {}},
        {"/a/../b": {}},
        {"/%61dmin": {}},
        {"/a?b": {}},
        {"/a//b": {}},
        {"/.acrux/start": {"public": True}},
        {"/a": []},
        {"/a": {"level": "x"}},
        {"/a": {"public": 1}},
        {"/a": {"public": True, "groups": ["it"]}},
        {"/a": {"acr": "urn:acrux:acr:none"}},
        {"/a": {"max_age": 59}},
        {"/a": {"max_age": "300"}},
        {"/a": {"groups": "it"}},
        {"/a": {"groups": [""]}},
        {"/a": {}, "/A/": {}},
        {f"/{n}": {} for n in range(101)},
    ],
    ids=lambda paths: json.dumps(paths)[:40],
)
def test_what_pages_need_is_spelled_as_it_is_meant(small_acrux: Acrux, paths: object) -> None:
    words = ("--set", f"forward_origin={ORIGIN}", "--set", f"forward_paths={json.dumps(paths)}")
    said = small_acrux.refused("client", "add", "Wiki", *words)
    assert "forward_paths" in said


def test_paths_without_a_host_are_refused(small_acrux: Acrux) -> None:
    words = ("client", "set", "wiki", 'forward_paths={"/": {"public": true}}')
    small_acrux("client", "add", "Wiki", "--id", "wiki", "--redirect-uri", f"{ORIGIN}/callback")
    assert "forward_origin" in small_acrux.refused(*words)
