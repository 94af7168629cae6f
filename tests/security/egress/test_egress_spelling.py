"""How an address may be spelled: one reading, so that no two parsers see different hosts in it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idp.egress import EgressError, Fetcher, address_problem
from idp.settings.values import Egress

NOTHING = Egress(allow=(), ca_bundle="")


def _words(text: str) -> list[str]:
    return text.split()


ODD = _words("""
http://rp.example/ ftp://rp.example/ file:///etc/passwd gopher://rp.example/ data:,x javascript:x
HTTP://rp.example/ httpsx://rp.example/ //rp.example/ rp.example https: https:/ https:// https:///a
https:rp.example https:/rp.example https:\\\\rp.example/ https://?a https://#a https://:443/ https://rp.example:/
https://user@rp.example/ https://user:pass@rp.example/ https://@rp.example/ https://rp.example@10.0.0.1/
https://rp.example\\@10.0.0.1/ https://rp.example\\.evil.example/ https://rp.example:443@evil.example/
https://rp.example:0/ https://rp.example:65536/ https://rp.example:99999999/ https://rp.example:0443/
https://rp.example:+443/ https://rp.example:4_43/ https://rp.example:443:443/ https://rp.example:٤٤٣/
https://rp.example./ https://localhost./ https://.rp.example/ https://rp..example/ https://./
https://-rp.example/ https://rp-.example/ https://r_p.example/ https://rp%2eexample/ https://127.0.0.1%2f@rp.example/
https://2130706433/ https://0x7f000001/ https://0x7f.1/ https://0177.0.0.1/ https://127.1/ https://127.0.1/
https://127.0.0.1./ https://127.0.0.01/ https://0/ https://1.2.3.4.5/ https://256.256.256.256/ https://rp.example.0x/
https://017700000001/ https://0x7f.0x0.0x0.0x1/ https://rp.1/
https://[::1/ https://::1/ https://::1]/ https://[]/ https://[::1%25eth0]/ https://[fe80::1%eth0]/ https://[::1]x/
https://[127.0.0.1]/ https://[v1.a]/ https://[localhost]/ https://x[::1]/ https://[::1]:/
https://①②⑦.0.0.1/ https://rp。example/ https://ｒｐ.example/ https://bücher.example/ https://rp.example/ü
https://rp.example/%zz https://rp.example/% https://rp.example/[a] https://rp.example/?[ https://rp.example/{a}
https://rp.example/<a> https://rp.example/"a https://rp.example/^ https://rp.example/`a https://rp.example/|
https://rp.example/a#b#c
""")
UNPRINTABLE = [
    "",
    " https://rp.example/",
    "https://rp.example/ ",
    "https://rp.example/a b",
    "https://rp .example/",
    "https://rp.example/\r\nX-Injected: a",
    "https://rp.example\r\n/",
    "https://rp.example/\n",
    "ht\ntps://rp.example/",
    "https://rp.example\t/",
    "https://rp.example/\x00",
    "https://rp.example\x00.evil.example/",
    "https://rp.example/\x7f",
    "https://rp\u00ad.example/",
    "https://rp\u200b.example/",
    "https://rp.example/\ud800",
    "https://" + "a" * 64 + ".example/",
    "https://" + "a." * 127 + "example/",
    "https://rp.example/" + "a" * 2048,
]


@pytest.mark.parametrize("url", ODD + UNPRINTABLE)
def test_an_odd_spelling_is_refused_before_anything_is_looked_up(url: str) -> None:
    asked: list[str] = []

    def resolve(host: str, _port: int) -> list[str]:
        asked.append(host)
        return ["8.8.8.8"]

    assert address_problem(url, fragment=True)
    with pytest.raises(EgressError) as caught:
        Fetcher(NOTHING, resolve).get(url)
    assert caught.value.final
    assert asked == []


@pytest.mark.parametrize(
    "url",
    [
        "https://rp.example",
        "https://rp.example/",
        "HTTPS://RP.Example/jwks",
        "https://rp.example?a=b",
        "https://rp.example:8443/a/b%20c/?d=e&f=/?:@!$'()*+,;",
        "https://xn--bcher-kva.example/",
        "https://localhost:8443/jwks",
        "https://1password.example/",
        "https://a.b-c.0x7f.example/",
        "https://8.8.8.8/",
        "https://[2606:4700::1111]:8443/",
    ],
)
def test_a_plain_spelling_is_taken(url: str) -> None:
    assert address_problem(url) is None


def test_a_fragment_is_taken_only_where_it_may_be() -> None:
    assert address_problem("https://rp.example/request#sha") == "the address must have no fragment"
    assert address_problem("https://rp.example/request#sha", fragment=True) is None


def test_a_literal_address_is_judged_without_a_look_up() -> None:
    fetcher = Fetcher(Egress(allow=("10.1.0.0/16",), ca_bundle=""))
    assert fetcher.problem("https://10.2.0.1/")
    assert fetcher.problem("https://[::ffff:10.2.0.1]/")
    assert fetcher.problem("https://8.8.8.8:25/")
    assert fetcher.problem("https://10.1.0.1/") is None
    assert fetcher.problem("https://[::ffff:10.1.0.1]/") is None
    assert fetcher.problem("https://8.8.8.8/") is None
    assert fetcher.problem("https://rp.example/") is None
    assert fetcher.problem("https://rp.example/#a")
    assert fetcher.problem("https://rp.example/#a", fragment=True) is None


@given(st.text(max_size=60))
def test_no_text_breaks_the_reading_of_an_address(text: str) -> None:
    for url in (text, f"https://{text}", f"https://rp.example/{text}"):
        problem = address_problem(url)
        assert problem is None or problem.isprintable()
