"""Where the web role listens, and what follows from it for who may ask.

| the address is | a token | the Host header |
| --- | --- | --- |
| loopback | is not wanted, set or not | must name this machine's loopback or the set host |
| any other | is wanted, and the start is refused without one | may be anything |

A page of a foreign site can make a browser ask loopback, under a name of that site's own that it has pointed there
(DNS rebinding). Such a request carries that name as its host, and is refused.
"""

from __future__ import annotations

import re
import socket
from ipaddress import ip_address
from typing import NamedTuple

from config.settings import Settings
from storyfold.errors import SettingsError

LOOPBACK_HOSTS = frozenset({"localhost", "127.0.0.1", "::1"})
_TOKEN = re.compile(r"[A-Za-z0-9._~+/-]+=*")  # RFC 6750 section 2.1, b64token
_MAX_PORT = 65_535


class Bind(NamedTuple):
    """An address to listen on.

    Attributes:
        host: a name or an IP address, without brackets.
        port: 0 for any that is free.
    """

    host: str
    port: int

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine can connect. A name other than localhost may point anywhere."""
        if self.host.lower() == "localhost":
            return True
        try:
            return ip_address(self.host).is_loopback
        except ValueError:
            return False

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"


class Access(NamedTuple):
    """Who may ask.

    Attributes:
        token: that every page wants but the one that says that the process is alive; None when none is wanted.
        hosts: that a request may name, in lower case without port and brackets; None for any.
    """

    token: bytes | None
    hosts: frozenset[str] | None


def read_bind(settings: Settings) -> Bind:
    """The address of WEB_BIND.

    Raises:
        SettingsError: it is none.
    """
    host, _, port = settings.web_bind.rpartition(":")
    if host.startswith("[") and host.endswith("]"):
        host = host[1:-1]
    if not host or int(port) > _MAX_PORT:
        raise SettingsError(f"STORYFOLD_WEB_BIND: {settings.web_bind!r} is no host:port, as in 127.0.0.1:8080")
    return Bind(host, int(port))


def read_access(settings: Settings) -> Access:
    """What the settings say of who may ask.

    Raises:
        SettingsError: WEB_BIND is no address, or is off loopback while WEB_TOKEN is missing or cannot be sent.
    """
    bind = read_bind(settings)
    if bind.is_loopback:
        return Access(token=None, hosts=LOOPBACK_HOSTS | {bind.host.lower()})
    token = settings.web_token.get_secret_value() if settings.web_token is not None else ""
    if not token:
        raise SettingsError(
            f"STORYFOLD_WEB_TOKEN is not set, and STORYFOLD_WEB_BIND {bind} can be reached from other machines: "
            "set a token, or bind to 127.0.0.1"
        )
    if _TOKEN.fullmatch(token) is None:
        raise SettingsError(
            "STORYFOLD_WEB_TOKEN: only letters, digits and -._~+/ can be sent as a token, = at its end"
        )
    return Access(token=token.encode(), hosts=None)


def open_socket(bind: Bind) -> socket.socket:
    """Take the address. A name is taken at its first IPv4 address, without one at its first.

    Raises:
        OSError: it is another's, or not of this machine, or the name has no address.
        SettingsError: localhost has an address here that is not loopback; without a token it must not be served.
    """
    found = socket.getaddrinfo(bind.host, bind.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    family, kind, protocol, _, address = min(found, key=lambda each: each[0] != socket.AF_INET)
    if bind.is_loopback and not ip_address(address[0]).is_loopback:
        raise SettingsError(f"STORYFOLD_WEB_BIND: {bind.host} is {address[0]} here, bind to 127.0.0.1 in its place")
    listener = socket.socket(family, kind, protocol)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen()  # On Linux two can bind one address; the second finds out here.
    except BaseException:
        listener.close()
        raise
    return listener
