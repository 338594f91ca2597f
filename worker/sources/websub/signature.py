"""The signature of a delivery (W3C WebSub section 7): HMAC over the body's raw bytes.

``sha1`` is refused: it is broken as a hash, the specification only tolerates it, and a hub that knows no better
gets its feeds polled.
"""

from __future__ import annotations

import hmac
import re
from typing import Final

__all__ = ["ALGORITHMS", "signature_fault"]

ALGORITHMS: Final = {"sha256": 64, "sha384": 96, "sha512": 128}
"""Accepted ones, with the length of their hexadecimal signatures."""

_HEADER: Final = re.compile(r"(?P<algorithm>[a-z0-9]{1,16})=(?P<signature>[0-9A-Fa-f]{1,128})")


def signature_fault(header: str, secret: str, body: bytes) -> str:
    """Why a delivery is not to be trusted, "" when its signature is right.

    How long the comparison takes does not tell where the signatures differ.

    Args:
        header: value of X-Hub-Signature, "" for none.
        secret: of the subscription.
        body: the bytes as they came, before anything has read them.
    """
    if not header:
        return "it has no signature"
    parts = _HEADER.fullmatch(header.strip())
    if parts is None:
        return "its signature is not written as algorithm=hexadecimal"
    algorithm, given = parts["algorithm"], parts["signature"].lower()
    if algorithm not in ALGORITHMS:
        return f"it is signed by {algorithm}, which is not accepted"
    wanted = hmac.new(secret.encode(), body, algorithm).hexdigest()
    return "" if hmac.compare_digest(wanted, given) else "its signature is wrong"
