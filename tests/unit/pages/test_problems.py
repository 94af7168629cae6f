"""What is wrong with a stage is said in the language of the page, whatever it is."""

from dataclasses import fields

import pytest

from idp import language
from idp.language import LANGUAGES
from idp.pages.admin.rollout import problems
from idp.rollout.drafts import Wanted
from idp.rollout.errors import StageError

EXCEPTION = ("person", "until", "reason")
FIELDS = [*(one.name for one in fields(Wanted)), *EXCEPTION]


@pytest.mark.parametrize("field", FIELDS)
def test_every_field_that_may_be_wrong_has_a_sentence_in_each_language(field: str) -> None:
    said = set()
    for code in LANGUAGES:
        with language.speaking(code):
            said.add(str(problems.words(StageError(field, "as the command line says it"))))
    assert len(said) == len(LANGUAGES)
    assert "as the command line says it" not in said
