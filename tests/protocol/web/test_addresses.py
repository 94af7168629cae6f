"""Addresses are made as Werkzeug makes them, though the makers are compiled late."""

import pytest
from flask import url_for
from werkzeug.routing import BuildError, Rule

from idp.web.application import Application


def test_an_address_is_made_of_its_values_and_the_rest_is_its_query() -> None:
    app = Application("test")
    app.add_url_rule("/<rule>/<int:number>", "both", lambda rule, number: "")
    with app.test_request_context():
        assert url_for("both", rule="a b", number=7) == "/a%20b/7"
        assert url_for("both", rule="a", number=7, more="x") == "/a/7?more=x"
        with pytest.raises(BuildError):
            url_for("both", rule="a")


def test_no_maker_is_compiled_before_an_address_is_asked_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    compiled: list[str] = []
    monkeypatch.setattr(Rule, "_get_func_code", lambda _code, name: compiled.append(name))
    app = Application("test")
    app.add_url_rule("/one", "one", lambda: "")
    assert compiled == []
