"""The address guard, judged by itself; test_fetch_guard.py has it at work."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storyfold.errors import FetchError, SettingsError
from worker.sources.fetch.guard import DENIED_V4, AddressGuard
from worker.sources.fetch.web_address import parse_web_address

DENIED = [
    *("127.0.0.1", "127.255.255.254", "0.0.0.0", "0.1.2.3", "10.0.0.1"),  # noqa: S104 to refuse, not to bind
    *("10.255.255.255", "172.16.0.1"),
    *("172.31.255.255", "192.168.0.1", "100.64.0.1", "100.127.255.255", "169.254.169.254", "169.254.170.2"),
    *("192.0.0.8", "192.0.0.171", "192.0.2.1", "192.88.99.1", "198.18.0.1", "198.19.255.255", "198.51.100.7"),
    *("203.0.113.9", "224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255"),
    *("::1", "::", "::ffff:127.0.0.1", "::ffff:7f00:1", "::ffff:10.0.0.1", "::127.0.0.1", "::8.8.8.8"),
    *("64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::1", "2002:7f00:1::", "2002:0808:0808::1"),
    *("2001::1", "2001:0:4136:e378:8000:63bf:3fff:fdd2", "2001:10::1", "2001:20::1", "2001:db8::1"),
    *(
        "fe80::1",
        "fe80::1%lo",
        "fc00::1",
        "fd00:ec2::254",
        "fec0::1",
        "ff02::1",
        "3fff::1",
        "100::1",
        "5f00::1",
    ),
    *("::ffff:0:127.0.0.1", "4000::1"),
]
PUBLIC = [
    *(
        "8.8.8.8",
        "1.1.1.1",
        "172.15.255.255",
        "172.32.0.1",
        "100.63.255.255",
        "100.128.0.1",
        "198.17.255.255",
    ),
    *("223.255.255.255", "2606:4700:4700::1111", "2a00:1450::1", "::ffff:8.8.8.8", "64:ff9b::808:808"),
]


@pytest.mark.parametrize("ip", DENIED)
def test_no_address_that_is_not_public_passes(ip: str) -> None:
    with pytest.raises(FetchError) as caught:
        AddressGuard().check(ip, 80)
    assert caught.value.failure == "blocked"


@pytest.mark.parametrize("ip", PUBLIC)
def test_public_addresses_pass_also_inside_a_wrapper_that_networks_make(ip: str) -> None:
    AddressGuard().check(ip, 443)


@given(
    st.sampled_from(DENIED_V4).flatmap(
        lambda network: st.integers(int(network[0]), int(network[-1])).map(ipaddress.IPv4Address)
    )
)
def test_no_denied_v4_address_passes_in_any_v6_wrapper(address: ipaddress.IPv4Address) -> None:
    guard, inner = AddressGuard(), int(address)
    wrappers = [
        ipaddress.IPv6Address(inner),
        ipaddress.IPv6Address((0xFFFF << 32) | inner),
        ipaddress.IPv6Address((0x64FF9B << 96) | inner),
        ipaddress.IPv6Address((0x2002 << 112) | inner << 80),
        ipaddress.IPv6Address((0x20010000 << 96) | (inner ^ 0xFFFFFFFF)),
    ]
    assert not any(guard.permits(str(wrapper), 80) for wrapper in wrappers)


@pytest.mark.parametrize("port", [22, 25, 6379, 81, 8081, 65535])
def test_ports_that_serve_no_web_are_denied_before_a_name_is_resolved(port: int) -> None:
    with pytest.raises(FetchError, match=rf"blocked: port {port} .*STORYFOLD_FETCH_ALLOW"):
        AddressGuard().check_address(parse_web_address(f"http://example.com:{port}/"))


@pytest.mark.parametrize("port", [80, 443, 8080, 8443])
def test_web_ports_are_open(port: int) -> None:
    AddressGuard().check_address(parse_web_address(f"http://example.com:{port}/"))


def test_an_allowed_host_and_port_lets_exactly_that_pass() -> None:
    guard = AddressGuard("127.0.0.1:8081")
    assert guard.permits("127.0.0.1", 8081)
    assert not guard.permits("127.0.0.1", 8082)
    assert not guard.permits("127.0.0.2", 8081)
    assert not guard.permits("127.0.0.1", 80)


def test_a_name_that_resolves_to_an_allowed_literal_is_denied() -> None:
    assert not AddressGuard("127.0.0.1:8081").permits("127.0.0.1", 8081, "evil.example")


def test_an_allowed_name_passes_wherever_it_resolves_to() -> None:
    guard = AddressGuard(" LocalHost:8081 , intranet.example:80")
    assert guard.permits("127.0.0.1", 8081, "localhost")
    assert guard.permits("10.0.0.1", 80, "intranet.example")
    assert not guard.permits("127.0.0.1", 8081)
    assert not guard.permits("10.0.0.1", 8080, "intranet.example")


def test_an_allowed_ipv6_literal_is_known_in_every_spelling() -> None:
    guard = AddressGuard("[0:0:0:0:0:0:0:1]:8081")
    address = parse_web_address("http://[::1]:8081/")
    guard.check_address(address)
    assert guard.permits("::1", 8081, address.host)


def test_an_allowed_network_opens_its_addresses_but_no_database_or_system_port() -> None:
    guard = AddressGuard("10.1.0.0/16,fd00::/8")
    assert guard.permits("10.1.2.3", 80, "wiki.example")
    assert guard.permits("10.1.2.3", 1200, "wiki.example")
    assert guard.permits("::ffff:10.1.2.3", 443)
    assert guard.permits("fd00::1", 8080)
    assert not guard.permits("10.1.2.3", 6379)
    assert not guard.permits("10.1.2.3", 22)
    assert not guard.permits("10.2.0.1", 80)
    assert not guard.permits("8.8.8.8", 1200, "wiki.example")


@pytest.mark.parametrize(
    "allow",
    [
        *("127.0.0.1", "127.0.0.1:", "127.0.0.1:x", "127.0.0.1:0", "127.0.0.1:70000", ":8081", "10.0.0.1/8"),
        *(
            "10.0.0.0/33",
            "::1:8081",
            "http://localhost:8081",
            "a b:80",
            "user@host:80",
            "host?x:80",
            "ok:80,bad",
        ),
    ],
)
def test_a_wrong_allow_list_stops_the_start_and_names_its_variable(allow: str) -> None:
    with pytest.raises(SettingsError, match=r"^STORYFOLD_FETCH_ALLOW: ") as caught:
        AddressGuard(allow)
    assert "\n" not in str(caught.value)


def test_an_empty_allow_list_allows_nothing() -> None:
    assert not AddressGuard(" , ").permits("127.0.0.1", 80)


def test_what_a_blocked_name_resolved_to_is_not_told() -> None:
    with pytest.raises(FetchError) as caught:
        AddressGuard().check("10.9.8.7", 80, "intranet.example")
    assert "10.9.8.7" not in str(caught.value)
