"""The address guard: which hosts the outside world may make us connect to.

A feed, a redirect or an image address is text that strangers wrote. The guard judges the address that a
socket is about to be connected to, never the spelling of the host, so that no notation of 127.0.0.1 and no
answer of a hostile name server gets past it.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network

from storyfold.errors import FetchError, SettingsError
from worker.sources.fetch.web_address import WebAddress, parse_web_address

VARIABLE = "STORYFOLD_FETCH_ALLOW"

WEB_PORTS = frozenset({80, 443, 8080, 8443})

# Services that act on what they read and that sit beside web servers in private networks. A network on the
# allow-list opens its other high ports; these only by an exact host:port.
SERVICE_PORTS = frozenset(
    {2375, 2376, 2379, 2380, 3306, 4369, 5432, 5672, 6379, 6380, 9092, 9200, 9300, 11211, 15672, 26379, 27017}
)

# ipaddress.is_global is no help: it calls 64:ff9b::7f00:1, 2002:7f00:1:: and 224.0.0.1 global (tried), and
# its answers change with Python's patch releases.
DENIED_V4 = tuple(
    IPv4Network(network)
    for network in (
        "0.0.0.0/8",  # this network, RFC 791
        "10.0.0.0/8",  # private, RFC 1918
        "100.64.0.0/10",  # carrier NAT, RFC 6598
        "127.0.0.0/8",  # loopback, RFC 1122
        "169.254.0.0/16",  # link-local and the clouds' metadata services, RFC 3927
        "172.16.0.0/12",  # private, RFC 1918
        "192.0.0.0/24",  # protocol assignments, RFC 6890
        "192.0.2.0/24",  # documentation, RFC 5737
        "192.88.99.0/24",  # 6to4 relays, RFC 7526
        "192.168.0.0/16",  # private, RFC 1918
        "198.18.0.0/15",  # benchmarks, RFC 2544
        "198.51.100.0/24",  # documentation, RFC 5737
        "203.0.113.0/24",  # documentation, RFC 5737
        "224.0.0.0/4",  # multicast, RFC 5771
        "240.0.0.0/4",  # reserved, and the broadcast address, RFC 1112
    )
)

# Of IPv6 only this block is public today (RFC 4291 section 2.4); all others, among them ::1, ULA, link-local,
# site-local, multicast and the IPv4-compatible ::/96, are denied by lying outside of it.
PUBLIC_V6 = IPv6Network("2000::/3")
DENIED_V6 = tuple(
    IPv6Network(network)
    for network in (
        "2001::/23",  # protocol assignments with Teredo, ORCHID and benchmarks, RFC 2928
        "2001:db8::/32",  # documentation, RFC 3849
        "2002::/16",  # 6to4, carries an IPv4 address, RFC 3056
        "3fff::/20",  # documentation, RFC 9637
    )
)
MAPPED_V6 = IPv6Network("::ffff:0:0/96")  # RFC 4291 section 2.5.5.2
NAT64_V6 = IPv6Network("64:ff9b::/96")  # RFC 6052; what DNS64 gives for a public IPv4-only host

Network = IPv4Network | IPv6Network
Address = IPv4Address | IPv6Address


class AddressGuard:
    """Judges hosts, ports and addresses. Without an allow-list only public addresses on web ports pass."""

    def __init__(self, allow: str = "", *, own_ports: Iterable[int] = ()) -> None:
        """Read the allow-list.

        Args:
            allow: comma-separated entries. ``host:port`` (``127.0.0.1:8081``, ``localhost:8081``,
                ``[::1]:8081``) lets a URL with exactly this host and port pass. A network
                (``192.168.1.0/24``) lets its addresses pass on web ports and on ports from 1024 up that
                no known database or queue listens on.
            own_ports: ports of our own Redis and broker, wherever they listen; a network on the allow-list does
                not open them.

        Raises:
            SettingsError: an entry is neither; names ``STORYFOLD_FETCH_ALLOW``.
        """
        self._closed_ports = SERVICE_PORTS.union(own_ports)
        entries = [entry.strip() for entry in allow.split(",") if entry.strip()]
        self._networks = tuple(_network(entry) for entry in entries if "/" in entry)
        self._hosts = frozenset(_host_port(entry) for entry in entries if "/" not in entry)

    def check_address(self, address: WebAddress) -> None:
        """Judge what can be judged before a name is resolved: the port, and a host that is an IP literal.

        Raises:
            FetchError: ``blocked``.
        """
        if not self._is_open_port(address.host, address.port):
            raise FetchError(
                "blocked",
                f"port {address.port} is not fetched; allow {address.host}:{address.port} in {VARIABLE}",
            )
        if address.is_literal:
            self.check(address.host, address.port)

    def check(self, ip: str, port: int, host: str | None = None) -> None:
        """Judge an address that is about to be connected to.

        Args:
            ip: the address, IPv4 or IPv6, with or without a zone.
            port: TCP port.
            host: host of the URL that led here, which is what an allow-list entry names; None when the URL
                held the address itself.

        Raises:
            FetchError: ``blocked``. The text does not tell what the name resolved to, nor whether
                anything listens there.
        """
        if not self.permits(ip, port, host):
            raise FetchError("blocked", blocked_detail(ip if host is None else host, port))

    def permits(self, ip: str, port: int, host: str | None = None) -> bool:
        """Whether a socket may be connected to this address; arguments as for :meth:`check`."""
        if (ip if host is None else host, port) in self._hosts:
            return True
        address = _unwrap(ipaddress.ip_address(ip.partition("%")[0]))
        if any(address in network for network in self._networks):
            return self._is_open_in_a_network(port)
        return port in WEB_PORTS and _is_public(address)

    def _is_open_port(self, host: str, port: int) -> bool:
        if port in WEB_PORTS or (host, port) in self._hosts:
            return True
        return bool(self._networks) and self._is_open_in_a_network(port)

    def _is_open_in_a_network(self, port: int) -> bool:
        return port not in self._closed_ports and (port in WEB_PORTS or port >= 1024)


def blocked_detail(host: str, port: int) -> str:
    """The one sentence for every denied address."""
    return f"{host} is not at a public address; if you trust it, allow {host}:{port} in {VARIABLE}"


def _unwrap(address: Address) -> Address:
    if isinstance(address, IPv6Address) and (address in MAPPED_V6 or address in NAT64_V6):
        return IPv4Address(address.packed[-4:])
    return address


def _is_public(address: Address) -> bool:
    if isinstance(address, IPv4Address):
        return not any(address in network for network in DENIED_V4)
    return address in PUBLIC_V6 and not any(address in network for network in DENIED_V6)


def _network(entry: str) -> Network:
    try:
        return ipaddress.ip_network(entry)
    except ValueError as error:
        raise SettingsError(f"{VARIABLE}: {entry!r} is not a network such as 192.168.1.0/24: {error}") from error


def _host_port(entry: str) -> tuple[str, int]:
    name, colon, port = entry.rpartition(":")
    wrong = SettingsError(f"{VARIABLE}: {entry!r} is neither host:port nor a network such as 192.168.1.0/24")
    if not (colon and name and port.isascii() and port.isdigit()):
        raise wrong
    try:
        address = parse_web_address(f"http://{entry}/")
    except FetchError as error:
        raise wrong from error
    if address.target != "/":
        raise wrong
    return address.host, address.port
