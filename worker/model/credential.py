"""Credential: what a feed's server wants to see before it answers, and where alone it may be shown."""

from __future__ import annotations

import base64
import re
from enum import StrEnum

from msgspec import Struct

MAX_NAME_CHARS = 80
MAX_SECRET_CHARS = 8_192

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}")  # RFC 9110 section 5.6.2

#: Fields that are not an operator's to set: they steer the connection (RFC 9110 section 7.6.1), frame the message,
#: name the host, decide what the answer looks like, or are what Storyfold promises never to send.
_FIELDS_OF_OTHERS = """
    accept accept-encoding accept-ranges connection content-encoding content-length content-type cookie cookie2 date
    expect forwarded host http2-settings if-match if-modified-since if-none-match if-range if-unmodified-since
    keep-alive max-forwards origin proxy-authenticate proxy-authorization proxy-connection range referer te trailer
    transfer-encoding upgrade user-agent via x-forwarded-for x-forwarded-host x-forwarded-proto x-real-ip
"""
_OTHERS_FIELDS = frozenset(_FIELDS_OF_OTHERS.split())


class CredentialKind(StrEnum):
    """How a secret is sent."""

    #: User and password, RFC 7617.
    BASIC = "basic"
    #: A token, RFC 6750.
    BEARER = "bearer"
    #: In a field of its own, such as ``X-Api-Key``.
    HEADER = "header"


class Credential(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A secret under a name. What Python shows of it, in a traceback too, holds no secret.

    Attributes:
        name: letters, digits, dots, hyphens and underscores.
        kind: how it is sent.
        origins: scheme, host and port of the servers that may see it: ``https://example.com``. No other ever does.
        user: of ``basic``.
        header: name of the field, of ``header``.
        secret: password, token or value.
    """

    name: str
    kind: CredentialKind
    origins: tuple[str, ...]
    user: str = ""
    header: str = ""
    secret: str

    def __repr__(self) -> str:
        return f"Credential(name={self.name!r}, kind={self.kind.value!r}, origins={self.origins!r}, secret='***')"

    __str__ = __repr__

    @property
    def field(self) -> tuple[str, str]:
        """Name and value of the header field that carries it."""
        if self.kind is CredentialKind.BASIC:
            pair = base64.b64encode(f"{self.user}:{self.secret}".encode()).decode("ascii")
            return ("Authorization", f"Basic {pair}")
        if self.kind is CredentialKind.BEARER:
            return ("Authorization", f"Bearer {self.secret}")
        return (self.header, self.secret)


def credential_faults(credential: Credential) -> list[str]:
    """What is wrong with a credential, a sentence each and none with the secret in it; [] when it may be kept."""
    is_basic, is_header = (credential.kind is kind for kind in (CredentialKind.BASIC, CredentialKind.HEADER))
    checks = (
        (is_credential_name(credential.name), "a name is at most 80 letters, digits, dots, hyphens and underscores"),
        (credential.origins, "it names no origin that it may be sent to"),
        # a token may stand as the user, with no password behind it
        (credential.secret or (is_basic and credential.user), "the secret is empty"),
        (len(credential.secret) <= MAX_SECRET_CHARS, f"the secret has more than {MAX_SECRET_CHARS:,} characters"),
        (_is_sendable(credential.secret, is_basic), "the secret holds characters that no header field can carry"),
        (_is_sendable(credential.user, True), "the user's name holds a control character"),
        (not is_basic or ":" not in credential.user, "the user's name holds a colon (RFC 7617 section 2)"),
        (not is_header or _TOKEN.fullmatch(credential.header), f"{credential.header!r} is no name of a header field"),
        (
            not is_header or credential.header.lower() not in _OTHERS_FIELDS,
            f"{credential.header!r} is a field that carries no credentials; Storyfold sends it itself or never",
        ),
    )
    return [fault for is_good, fault in checks if not is_good]


def is_credential_name(text: str) -> bool:
    """Whether a text can be the name of a credential."""
    return len(text) <= MAX_NAME_CHARS and _NAME.fullmatch(text) is not None


def _is_sendable(text: str, is_encoded: bool) -> bool:
    """Whether a text can stand in a field's value; user and password travel as base64 of UTF-8."""
    if is_encoded:
        return all(ord(each) >= 0x20 and ord(each) != 0x7F and not 0xD800 <= ord(each) < 0xE000 for each in text)
    return all(0x20 <= ord(each) < 0x7F for each in text) and text == text.strip()
