"""The ``secured`` value: private provenance, encrypted with AES-SIV (RFC 5297).

The form is ``base64(ciphertext);base64(16-byte tag)``. The mode is deterministic: the same content under the
same key gives the same value, so that a story that did not change is not written anew. The other
side of that: who sees two values learns whether their contents are equal, and how long they are.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

from storyfold.errors import DocumentError, SettingsError

KEY_BYTES = (32, 64)
"""Lengths of a key: AES-SIV takes two AES keys, so that 32 bytes are AES-128 and 64 are AES-256."""

_TAG_BYTES = 16  # the synthetic IV, RFC 5297 section 2.6


def parse_key(text: str) -> bytes:
    """Read a key from hexadecimal digits or base64 (either alphabet), 32 or 64 bytes.

    Raises:
        SettingsError: it is neither; the message does not repeat the key.
    """
    compact = "".join(text.split())
    for decode in (bytes.fromhex, _from_base64):
        try:
            key = decode(compact)
        except ValueError:
            continue
        if len(key) in KEY_BYTES:
            return key
    raise SettingsError(
        "STORYFOLD_SECURED_KEY is no key: give 64 hexadecimal digits, or base64 of 32 or 64 random bytes"
    )


def _from_base64(text: str) -> bytes:
    return base64.b64decode(text.replace("-", "+").replace("_", "/"), validate=True)


def seal(private: Mapping[str, Any], key: bytes) -> str:
    """Encrypt what JSON can hold; the order of keys does not matter.

    Args:
        private: the private part of a story.
        key: 32 or 64 bytes, as of :func:`parse_key`.
    """
    text = json.dumps(private, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)
    sealed = AESSIV(key).encrypt(text.encode(), None)
    tag, ciphertext = sealed[:_TAG_BYTES], sealed[_TAG_BYTES:]
    return f"{base64.b64encode(ciphertext).decode()};{base64.b64encode(tag).decode()}"


def unseal(value: str, key: bytes) -> dict[str, Any]:
    """Decrypt a value of :func:`seal`.

    Raises:
        DocumentError: the value has another form, was made with another key, or was changed.
    """
    try:
        ciphertext, tag = (base64.b64decode(part, validate=True) for part in value.split(";"))
        private = json.loads(AESSIV(key).decrypt(tag + ciphertext, None))
    except InvalidTag as error:
        raise DocumentError(["secured: was made with another key, or was changed since"]) from error
    except (binascii.Error, ValueError) as error:
        fault = "secured: is not of the form base64(ciphertext);base64(tag)"
        raise DocumentError([fault]) from error
    if not isinstance(private, dict):
        raise DocumentError(["secured: holds no mapping; it was not made by Storyfold"])
    return private
