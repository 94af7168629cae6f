"""People are found in the console: by name, page by page, by user type and group."""

import re

import pytest

from tests.protocol.admin.audit.asking import cells
from tests.protocol.admin.test_frame import someone
from tests.protocol.admin.test_people_pages import PEOPLE
from tests.support.site import MFA, Site


def test_one_is_found_by_the_beginning_of_a_name_or_address_and_by_any_part_of_the_name(
    site: Site,
) -> None:
    for name in ("aroha", "mere", "tane"):
        site.person(name)
    site.person("wahine", name="Ārohanui Te Ao")
    browser = someone(site, "support")
    for search in ("ārohanui", "Ārohanui te", "te ao"):
        assert len(cells(browser.open(PEOPLE, search=search), "people")) == 1, search
    for search, found in (("ar", ["aroha"]), ("mere@", ["mere"]), ("%", []), ("zzz", [])):
        answer = browser.open(PEOPLE, search=search)
        listed = [row[0].split()[-1] for row in cells(answer, "people")] if found else []
        assert listed == found, search
        assert ("No one is found." in answer.text) == (not found)
    everyone = [row[0].split()[-1] for row in cells(browser.open(PEOPLE), "people")]
    assert everyone == ["aroha", "mere", "support", "tane", "wahine"]


@pytest.mark.slow
def test_a_long_list_goes_on_page_by_page_and_keeps_the_search_in_the_address(
    small_site: Site,
) -> None:
    for number in range(52):
        small_site.person(f"kaimahi{number:02}")
    browser = someone(small_site, "support")
    first = browser.open(PEOPLE, search="kaimahi")
    onward = re.search(r'href="([^"]+)" id="next"', first.text)
    assert onward
    rest = browser.open(PEOPLE + onward[1].replace("&amp;", "&"))
    assert len(cells(first, "people")) == 50
    assert [row[0].split()[1] for row in cells(rest, "people")] == ["kaimahi50", "kaimahi51"]
    assert "search=kaimahi" in onward[1]


def test_user_types_and_groups_are_counted_lead_to_their_people_and_name_their_stages(
    site: Site,
) -> None:
    for name, user_type, groups in (
        ("aroha", "nurse", ["North", "w_rd"]),
        ("mere", "nurse", ["north"]),
        ("pita", "user", ["ward"]),
    ):
        site.person(name, user_type=user_type, groups=groups)
    site.stage("nurse", MFA, 86400)
    site.stage("group:ward", MFA, 86400)
    site.stage("*", MFA, 86400, excluded=("type:nurse",))
    browser = someone(site, "support")
    page = browser.open(f"{PEOPLE}groups")
    types = {row[0]: row[1:] for row in cells(page, "types")}
    assert types["nurse"][0] == "2"
    assert types["nurse"][1].count("Required of") == 1
    assert "Required of user type nurse" in types["nurse"][1]
    assert "Required of everyone" in types["user"][1]
    rows = {row[0]: row[1:] for row in cells(page, "groups")}
    assert "Required of group ward" in rows["ward"][1]
    assert "Required of group ward" not in rows["w_rd"][1]
    for wanted, found in (
        ({"type": "nurse"}, ["aroha", "mere"]),
        ({"group": "north"}, ["mere"]),
        ({"group": "w_rd"}, ["aroha"]),
        ({"group": "nor"}, []),
        ({"type": "nurse", "search": "me"}, ["mere"]),
    ):
        answer = browser.open(PEOPLE, **wanted)
        listed = [row[0].split()[-1] for row in cells(answer, "people")] if found else []
        assert listed == found, wanted
    assert 'type="hidden" name="type" value="nurse"' in browser.open(PEOPLE, type="nurse").text
