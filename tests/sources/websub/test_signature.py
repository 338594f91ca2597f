"""The signature of a delivery: W3C WebSub section 7, E 80 (tests 300 to 302)."""

from __future__ import annotations

import hashlib
import hmac

import pytest

from worker.sources.websub.signature import signature_fault

SECRET = "s3cret"
BODY = b"<feed>\xff\x00 raw bytes</feed>"


def sign(algorithm: str, secret: str = SECRET, body: bytes = BODY) -> str:
    return f"{algorithm}={hmac.new(secret.encode(), body, algorithm).hexdigest()}"


@pytest.mark.parametrize("algorithm", ["sha256", "sha384", "sha512"])
def test_a_right_signature_over_the_raw_bytes_is_accepted(algorithm: str) -> None:
    assert signature_fault(sign(algorithm), SECRET, BODY) == ""
    assert signature_fault(f" {algorithm}={sign(algorithm).partition('=')[2].upper()} ", SECRET, BODY) == ""


@pytest.mark.parametrize(
    ("header", "said"),
    [
        pytest.param("", "no signature", id="missing"),
        pytest.param(sign("sha256", secret="other"), "wrong", id="another secret"),
        pytest.param(sign("sha256", body=BODY + b" "), "wrong", id="another body"),
        pytest.param(sign("sha256")[:-1], "wrong", id="cut"),
        pytest.param("sha256=", "not written", id="empty"),
        pytest.param(sign("sha1"), "sha1, which is not accepted", id="sha1"),
        pytest.param(sign("md5"), "md5, which is not accepted", id="md5"),
        pytest.param("sha3_256=" + "0" * 64, "not written", id="unknown name"),
        pytest.param(sign("sha256").replace("sha256", "sha512"), "wrong", id="algorithm mixed up"),
        pytest.param("sha256=\xe9", "not written", id="no ASCII"),
        pytest.param(f"{sign('sha256')},{sign('sha256')}", "not written", id="two"),
        pytest.param("sha256=" + "0" * 100_000, "not written", id="huge"),
    ],
)
def test_any_other_delivery_is_not_trusted(header: str, said: str) -> None:
    assert said in signature_fault(header, SECRET, BODY)


def test_signatures_are_compared_in_constant_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """By compare_digest and by nothing else."""
    compared: list[tuple[str, str]] = []

    def compare(one: str, other: str) -> bool:
        compared.append((one, other))
        return False

    monkeypatch.setattr(hmac, "compare_digest", compare)
    wanted = sign("sha256").partition("=")[2]
    assert signature_fault(f"sha256={wanted}", SECRET, BODY) == "its signature is wrong"
    assert compared == [(hmac.new(SECRET.encode(), BODY, hashlib.sha256).hexdigest(), wanted)]
