"""Which machines the fetcher connects to: public ones, those in `egress.allow`, nothing else."""

import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from ipaddress import IPv4Address, IPv6Address, ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idp.egress import EgressError, Fetcher
from idp.egress.allow import public
from idp.errors import ConfigurationError
from idp.settings.values import Egress
from tests.support.programs.https import HttpsServer, https_server

KEYS = b'{"keys": []}'
NOTHING = Egress(allow=(), ca_bundle="")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HttpsServer]:
    with https_server({"/jwks": KEYS}, tmp_path_factory.mktemp("https")) as found:
        yield found


def _refusal(fetcher: Fetcher, url: str, seconds: float = 5.0) -> EgressError:
    with pytest.raises(EgressError) as caught:
        fetcher.get(url, seconds=seconds)
    return caught.value


def _words(text: str) -> list[str]:
    return text.split()


def test_without_an_entry_in_egress_allow_no_private_address_is_reached(
    server: HttpsServer,
) -> None:
    before = server.connections
    fetcher = Fetcher(Egress(allow=(), ca_bundle=str(server.ca_bundle)))
    for host in ("localhost", "127.0.0.1", "[::1]", "[::ffff:127.0.0.1]"):
        error = _refusal(fetcher, server.url("/jwks", host))
        assert error.final
        assert "127." not in str(error)
    assert server.connections == before


@pytest.mark.parametrize(
    "entry", ["localhost", "LOCALHOST", "127.0.0.0/8", "127.0.0.1", "localhost:{}", "127.0.0.1:{}"]
)
def test_an_entry_in_egress_allow_opens_what_it_names(server: HttpsServer, entry: str) -> None:
    def resolve(_host: str, _port: int) -> list[str]:
        return ["127.0.0.1"]

    fetcher = Fetcher(server.egress(entry.format(server.port)), resolve)
    assert fetcher.get(server.url("/jwks")).body == KEYS


@pytest.mark.parametrize(
    "entry", ["localhost:1", "127.0.0.1:1", "10.0.0.0/8", "local", "host", "xlocalhost", "::1"]
)
def test_an_entry_in_egress_allow_opens_nothing_else(server: HttpsServer, entry: str) -> None:
    before = server.connections
    fetcher = Fetcher(server.egress(entry), lambda _host, _port: ["127.0.0.1"])
    assert _refusal(fetcher, server.url("/jwks")).final
    assert server.connections == before


@pytest.mark.parametrize(
    "entry",
    [
        *("", "*", "*.example.org", "https://a.example", "10.0.0.1/8", "10.0.0.0/8:443"),
        *(
            "a:0",
            "a:b",
            "a:99999",
            "a:000443",
            "a:٣",
            "[::1]",
            "fe80::1%eth0",
            "127.1",
            "a b",
            "a.",
        ),
    ],
)
def test_an_entry_in_egress_allow_that_means_nothing_stops_the_start(entry: str) -> None:
    with pytest.raises(ConfigurationError, match=r"egress\.allow"):
        Fetcher(Egress(allow=(entry,), ca_bundle=""))


@pytest.mark.parametrize("port", [1, 22, 25, 80, 465, 636, 1023])
def test_ports_of_system_services_need_an_entry_of_their_own(port: int) -> None:
    url = f"https://rp.example:{port}/"
    for allow in ((), ("rp.example",), ("192.0.2.0/24",)):
        fetcher = Fetcher(Egress(allow=allow, ca_bundle=""), lambda _host, _port: ["192.0.2.1"])
        error = _refusal(fetcher, url)
        assert error.final
        assert "port" in str(error)


def test_an_entry_with_its_port_opens_a_low_port() -> None:
    asked: list[str] = []

    def resolve(host: str, _port: int) -> list[str]:
        asked.append(host)
        return ["127.0.0.1"]

    fetcher = Fetcher(Egress(allow=("rp.example:9",), ca_bundle=""), resolve)
    error = _refusal(fetcher, "https://rp.example:9/")
    assert asked == ["rp.example"]
    assert "connection failed" in str(error)
    assert not error.final


PRIVATE = _words("""
0.0.0.0 0.1.2.3 10.0.0.1 10.255.255.255 100.64.0.1 100.100.100.200 100.127.255.255 127.0.0.1
127.255.255.254 168.63.129.16 169.254.169.254 169.254.170.2 172.16.0.1 172.31.255.255 192.0.0.192
192.0.2.1 192.88.99.1 192.168.0.1 198.18.0.1 198.19.255.255 198.51.100.1 203.0.113.1 224.0.0.1
239.255.255.255 240.0.0.1 255.255.255.255
:: ::1 ::2 ::7f00:1 ::ffff:127.0.0.1 ::ffff:10.0.0.1 ::ffff:169.254.169.254 ::ffff:0:127.0.0.1
64:ff9b::7f00:1 64:ff9b::a9fe:a9fe 64:ff9b::10.0.0.1 64:ff9b:1::1 100::1 2001::1
2001:0:4136:e378:8000:63bf:3fff:fdd2 2001:2::1 2001:10::1 2001:20::1 2001:db8::1 2002:7f00:1::1
2002:808:808::1 2002:a9fe:a9fe::1 3fff::1 5f00::1 fc00::1 fd00:ec2::254 fd12:3456:789a::1 fe80::1
fec0::1 ff02::1 ff0e::1 4000::1 fe80::1%eth0
""")
PUBLIC = _words("""
1.1.1.1 8.8.8.8 9.255.255.255 11.0.0.0 100.63.255.255 100.128.0.0 126.255.255.255 128.0.0.1
169.253.255.255 169.255.0.0 172.15.255.255 172.32.0.0 192.0.1.0 192.167.255.255 192.169.0.0
198.17.255.255 198.20.0.0 223.255.255.255 ::ffff:8.8.8.8 64:ff9b::808:808 2001:200::1
2001:4860:4860::8888 2606:4700::1111 2a00::1 3ffe::1
""")


@pytest.mark.parametrize("address", PRIVATE)
def test_a_name_with_an_address_that_is_not_public_is_refused(address: str) -> None:
    # One bad address among good ones is enough: no one chooses between them.
    for answer in ([address], ["8.8.8.8", address], [address, "2606:4700::1111"]):
        fetcher = Fetcher(NOTHING, lambda _host, _port, answer=answer: answer)  # type: ignore[misc]
        assert _refusal(fetcher, "https://rp.example/jwks").final


@pytest.mark.parametrize("address", PUBLIC)
def test_what_is_next_to_a_refused_network_is_not_refused(address: str) -> None:
    assert public(ip_address(address))


@given(st.integers(0, 2**32 - 1))
def test_no_disguise_makes_an_ipv4_address_public(number: int) -> None:
    address = IPv4Address(number)
    plain = public(address)
    assert public(IPv6Address(0xFFFF_0000_0000 + number)) == plain
    assert public(IPv6Address((0x64FF9B << 96) + number)) == plain
    assert not public(IPv6Address(number))
    assert not public(IPv6Address((0x2002 << 112) + (number << 80)))
    if address.is_private or address.is_loopback or address.is_multicast or address.is_reserved:
        assert not plain


@given(st.integers(0, 2**128 - 1))
def test_what_python_calls_private_is_not_public(number: int) -> None:
    address = IPv6Address(number)
    if public(address) and address.ipv4_mapped is None:
        assert address.is_global
        assert not address.is_multicast


def test_a_name_that_changes_its_address_after_the_check_gains_nothing(
    server: HttpsServer,
) -> None:
    answers = iter([["127.0.0.1"], ["10.0.0.1"]])
    fetcher = Fetcher(server.egress("127.0.0.1"), lambda _host, _port: next(answers))
    assert fetcher.get(server.url("/jwks")).body == KEYS
    assert next(answers) == ["10.0.0.1"], "the name was looked up twice for one fetch"


def test_the_connection_goes_to_the_checked_address(server: HttpsServer) -> None:
    # No one but the stand-in knows this name, so a second look-up would find nothing.
    fetcher = Fetcher(server.egress("127.0.0.1"), lambda _host, _port: ["127.0.0.1"])
    error = _refusal(fetcher, server.url("/jwks", "rp.invalid"))
    assert "rp.invalid" in str(error)
    assert "certificate" in str(error)


def test_the_next_address_is_tried_when_one_does_not_answer(server: HttpsServer) -> None:
    answer = ["127.0.0.2", "127.0.0.1"]
    fetcher = Fetcher(server.egress("127.0.0.0/8"), lambda _host, _port: answer)
    assert fetcher.get(server.url("/jwks")).body == KEYS


def test_an_address_that_stays_silent_leaves_time_for_the_next(server: HttpsServer) -> None:
    with socket.create_server(("127.0.0.2", server.port), backlog=0) as full, ExitStack() as held:
        # With its queue full a port takes no further connection, and does not say so.
        for _ in range(4):
            waiting = held.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(full.getsockname())
        answer = ["127.0.0.2", "127.0.0.1"]
        fetcher = Fetcher(server.egress("127.0.0.0/8"), lambda _host, _port: answer)
        assert fetcher.get(server.url("/jwks"), seconds=1.0).body == KEYS


@pytest.mark.parametrize("answer", [[], ["nonsense"]])
def test_a_name_without_an_address_is_no_answer(answer: list[str]) -> None:
    fetcher = Fetcher(NOTHING, lambda _host, _port: answer)
    assert not _refusal(fetcher, "https://rp.example/").final


def test_a_name_that_nobody_has_is_no_answer() -> None:
    def resolve(_host: str, _port: int) -> list[str]:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    error = _refusal(Fetcher(NOTHING, resolve), "https://rp.example/")
    assert (str(error), error.final) == ("the name is not known", False)


def test_a_name_that_takes_too_long_to_look_up_is_given_up(server: HttpsServer) -> None:
    over = threading.Event()

    def resolve(_host: str, _port: int) -> list[str]:
        over.wait(20)
        return ["127.0.0.1"]

    before = server.connections
    fetcher = Fetcher(server.egress(), resolve)
    try:
        # More than there are threads for: those in excess wait, and are given up as well.
        for _ in range(18):
            assert "0.02 seconds" in str(_refusal(fetcher, server.url("/jwks"), seconds=0.02))
        looking = [t for t in threading.enumerate() if t.name == "acrux-look-up"]
        assert len(looking) == 16
    finally:
        over.set()
    for thread in looking:
        thread.join(5)
    assert server.connections == before
    assert fetcher.get(server.url("/jwks")).body == KEYS
