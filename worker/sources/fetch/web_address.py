"""Web addresses as they are asked: taken apart without changing a byte of path or query.

General URL libraries tidy what they read: they decode ``%7e``, drop an empty query, fold ``/../``. A feed
has to be asked for as it was given, so only the parts that decide the connection are made canonical here:
scheme, host and port.
"""

from __future__ import annotations

import ipaddress
import re
import socket
from urllib.parse import quote, urljoin

from msgspec import Struct
from yarl import URL

from storyfold.errors import FetchError

DEFAULT_PORTS = {"http": 80, "https": 443}

_SHAPE = re.compile(r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*):(?P<rest>.*)", re.DOTALL)
_HIERARCHY = re.compile(r"//(?P<authority>[^/?#]*)(?P<target>[^#]*)", re.DOTALL)
_AUTHORITY = re.compile(r"(?:\[(?P<literal>[^\[\]]*)\]|(?P<name>[^:\[\]]+))(?::(?P<port>[0-9]{0,5}))?")
_PLAIN_NAME = re.compile(r"(?:[a-z0-9_-]{1,63}\.)*[a-z0-9_-]{1,63}")  # labels as in RFC 1035 section 2.3.4
_MAX_NAME_CHARACTERS = 253
_NUMERIC_HOST = re.compile(r"(?:0x[0-9a-f]*|[0-9]+)(?:\.(?:0x[0-9a-f]*|[0-9]+))*")
_HOST = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[/\\]*[^/\\]*")
_KEY_IN_PATH = re.compile(
    r"(?<=;)[^/]+|(?<==)[^/;]+"
    r"|(?<![A-Za-z0-9])[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}(?![A-Za-z0-9])"
    r"|(?<![A-Za-z0-9])(?=[A-Za-z]*[0-9])(?=[0-9]*[A-Za-z])[A-Za-z0-9]{16,}"
)
# Also with characters that no URL may hold, as it is written the way it was given; a line's end may be escaped.
_URL_IN_TEXT = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://(?:[^\s\"'<>\x00-\x1f|`\\]|\\(?![nrt]))+")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
# The printable ASCII that passes unchanged; only space and what is not ASCII gets escaped, because a
# request line cannot carry it (RFC 9112 section 3.2).
_UNTOUCHED = "".join(map(chr, range(0x21, 0x7F)))


class WebAddress(Struct, frozen=True, kw_only=True):
    """An absolute http or https address.

    Attributes:
        scheme: ``http`` or ``https``.
        host: as it is connected to: lower case, IDNA, an IP literal in its shortest form, no brackets.
        port: number, the scheme's own when the address named none.
        target: path and query as given, starts with ``/``, no fragment; goes into the request line.
    """

    scheme: str
    host: str
    port: int
    target: str

    @property
    def origin(self) -> str:
        """Scheme, host and port (RFC 6454): ``https://example.com``; the usual port is left out."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        port = "" if self.port == DEFAULT_PORTS[self.scheme] else f":{self.port}"
        return f"{self.scheme}://{host}{port}"

    @property
    def url(self) -> str:
        """The whole address, without a fragment."""
        return self.origin + self.target

    @property
    def is_literal(self) -> bool:
        """Whether the host is an IP address and no name."""
        return ":" in self.host or _NUMERIC_HOST.fullmatch(self.host) is not None


def public_url(url: str) -> str:
    """The address in the form that may be logged: no user name, password, query or fragment.

    Of the path what looks like a key is left out: parameters after a semicolon, ``name=value``, and each run of 16 or
    more letters and digits that has both, or that only hyphens of a UUID part. Words of a title stay.
    """
    bare = re.split(r"[?#]", _CONTROL.sub("", url).strip(), maxsplit=1)[0]
    # Also where slashes are missing or the wrong way round: what is refused is shown, too.
    bare = re.sub(r"(:[/\\]*)[^/]*@", r"\1", bare, count=1)
    start = _HOST.match(bare)
    split = start.end() if start else 0
    return bare[:split] + _KEY_IN_PATH.sub("***", bare[split:])


def public_text(text: str) -> str:
    """A text in which each address stands in its public form: a log line, a message of a library's error."""
    return _URL_IN_TEXT.sub(lambda found: public_url(found[0]), text) if "://" in text else text


def keys_in_path(url: str) -> set[str]:
    """What :func:`public_url` leaves out of the path."""
    bare = re.split(r"[?#]", url, maxsplit=1)[0]
    start = _HOST.match(bare)
    return set(_KEY_IN_PATH.findall(bare, start.end() if start else 0))


def parse_web_address(url: str) -> WebAddress:
    """Take an address apart.

    Raises:
        FetchError: ``blocked``; another scheme than http and https, a user name or password, a host that
            is none, a control character, a port out of range. Nothing may be sent there.
    """
    text = url.strip(" ")
    if _CONTROL.search(text):
        raise _refused(text, "it holds a control character")
    shape = _SHAPE.fullmatch(text)
    if shape is None:
        raise _refused(text, "it has no scheme; write it with http:// or https://")
    scheme = shape["scheme"].lower()
    if scheme not in DEFAULT_PORTS:
        raise FetchError("blocked", f"{scheme}: addresses are not fetched; use http or https")
    hierarchy = _HIERARCHY.match(shape["rest"])
    if hierarchy is None:
        raise _refused(text, "it names no host")
    host, port = _host_and_port(text, hierarchy["authority"])
    return WebAddress(
        scheme=scheme, host=host, port=port or DEFAULT_PORTS[scheme], target=_target(hierarchy["target"])
    )


def redirect_address(base: WebAddress, location: str) -> WebAddress:
    """The address that a Location header leads to (RFC 9110 section 10.2.2).

    Raises:
        FetchError: ``blocked``, as from :func:`parse_web_address`.
    """
    if _SHAPE.fullmatch(location.strip(" ")):
        return parse_web_address(location)
    try:
        joined = urljoin(base.url, location)
    except ValueError as error:  # brackets that hold no IPv6 address: ``//[::1``
        raise _refused(base.url, "it redirects to an address whose host is not a valid host name") from error
    return parse_web_address(joined)


def _refused(url: str, reason: str) -> FetchError:
    return FetchError("blocked", f"{public_url(url) or 'the empty address'} is not fetched: {reason}")


def _target(text: str) -> str:
    target = quote(text, safe=_UNTOUCHED)
    return target if target.startswith("/") else "/" + target


def _host_and_port(url: str, authority: str) -> tuple[str, int]:
    if "@" in authority:
        raise _refused(url, "it holds a user name or password")
    parts = _AUTHORITY.fullmatch(authority)
    # Clients disagree whether a backslash ends the host, and whether %41 in it is a letter.
    if parts is None or "\\" in authority or "%" in authority:
        raise _refused(url, "its host is not a valid host name")
    port = int(parts["port"] or 0)
    if port > 65535 or (parts["port"] and port == 0):
        raise _refused(url, "its port is not between 1 and 65535")
    try:
        host = _literal(parts["literal"]) if parts["literal"] is not None else _name(parts["name"])
    except (ValueError, OSError) as error:
        raise _refused(url, "its host is not a valid host name") from error
    return host, port


def _literal(text: str) -> str:
    return ipaddress.IPv6Address(text).compressed


def _name(text: str) -> str:
    # A dot at the end names the same host, and certificates and resolvers often do not know it.
    host = text.lower().removesuffix(".")
    if _PLAIN_NAME.fullmatch(host) is None:
        if host.endswith("."):
            raise ValueError(host)
        host = (URL.build(scheme="http", host=host).raw_host or "").removesuffix(".")
    if _PLAIN_NAME.fullmatch(host) is None or len(host) > _MAX_NAME_CHARACTERS:
        raise ValueError(host)
    if _NUMERIC_HOST.fullmatch(host):
        # 127.1, 0x7f000001 and 2130706433 are all 127.0.0.1 to the C library (tried), so they are
        # judged as what they will connect to.
        return socket.inet_ntoa(socket.inet_aton(host))
    return host
