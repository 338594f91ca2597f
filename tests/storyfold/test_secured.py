"""The private part: sealed the same way each time, opened only with its key."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESSIV
from hypothesis import given
from hypothesis import strategies as st

from storyfold.errors import DocumentError, SettingsError
from storyfold.secured import parse_key, seal, unseal

KEY = bytes(range(32))
OTHER = bytes(range(1, 65))


def test_form_is_ciphertext_and_tag() -> None:
    ciphertext, tag = seal({"feed": "https://a.example/feed"}, KEY).split(";")
    assert len(base64.b64decode(tag, validate=True)) == 16
    assert len(base64.b64decode(ciphertext, validate=True)) == len('{"feed":"https://a.example/feed"}')


def test_same_content_gives_the_same_value_in_any_order() -> None:
    assert seal({"a": 1, "b": {"c": 2, "d": 3}}, KEY) == seal({"b": {"d": 3, "c": 2}, "a": 1}, KEY)
    assert seal({"a": 1}, KEY) != seal({"a": 2}, KEY)
    assert seal({"a": 1}, KEY) != seal({"a": 1}, OTHER)


def test_tag_is_the_synthetic_iv_of_aes_siv() -> None:
    """RFC 5297 puts it before the ciphertext; so put together, any implementation opens the value."""
    ciphertext, tag = (base64.b64decode(part) for part in seal({}, KEY).split(";"))
    assert AESSIV(KEY).decrypt(tag + ciphertext, None) == b"{}"


@given(
    st.dictionaries(
        st.text(st.characters(exclude_categories=["Cs"])),
        st.text(st.characters(exclude_categories=["Cs"])) | st.integers(),
    )
)
def test_sealed_reads_back(private: dict[str, Any]) -> None:
    assert unseal(seal(private, OTHER), OTHER) == private


@pytest.mark.parametrize("value", ["", "x", "YQ==", "YQ==;YQ==;YQ==", "é;é", "YQ==;!!", ";"])
def test_other_forms_are_refused(value: str) -> None:
    with pytest.raises(DocumentError, match=r"^secured: "):
        unseal(value, KEY)


def test_wrong_key_and_changed_value_are_refused() -> None:
    value = seal({"a": 1}, KEY)
    with pytest.raises(DocumentError, match="another key"):
        unseal(value, OTHER)
    with pytest.raises(DocumentError, match="another key"):
        unseal(("A" if value[0] != "A" else "B") + value[1:], KEY)


def test_value_that_is_no_mapping_is_refused() -> None:
    sealed = AESSIV(KEY).encrypt(b"[1]", None)
    value = f"{base64.b64encode(sealed[16:]).decode()};{base64.b64encode(sealed[:16]).decode()}"
    with pytest.raises(DocumentError, match="holds no mapping"):
        unseal(value, KEY)


@pytest.mark.parametrize(
    ("text", "key"),
    [
        (KEY.hex(), KEY),
        (f" {KEY.hex().upper()}\n", KEY),
        (OTHER.hex(), OTHER),
        (base64.b64encode(KEY).decode(), KEY),
        (base64.b64encode(OTHER).decode(), OTHER),
        (base64.urlsafe_b64encode(b"\xff" * 32).decode(), b"\xff" * 32),
    ],
)
def test_key_is_read_from_hexadecimal_or_base64(text: str, key: bytes) -> None:
    assert parse_key(text) == key


@pytest.mark.parametrize("text", ["", "secret-word", "ab" * 31, base64.b64encode(b"x" * 33).decode(), "ключ"])
def test_other_keys_are_refused_without_showing_them(text: str) -> None:
    with pytest.raises(SettingsError, match="STORYFOLD_SECURED_KEY") as caught:
        parse_key(text)
    assert not text or text not in str(caught.value)
