"""``/img/HASH``: the bytes of the cache and nothing else, as what they are, for ever."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from worker.web.images import has_etag

Ask = Callable[..., Any]
Keep = Callable[[bytes], str]

IMAGES = {
    "image/gif": b"GIF89a\x10\0\x10\0" + bytes(100),
    "image/bmp": b"BM" + bytes(12) + b"\x28\0\0\0" + b"\x10\0\0\0\x10\0\0\0" + bytes(100),
    # Its size lies behind the first 64 KB.
    "image/jpeg": b"\xff\xd8"
    + (b"\xff\xe2\xff\xff" + bytes(65533)) * 2
    + b"\xff\xc0\0\x11\x08\0\x10\0\x10"
    + bytes(99),
}
NOT_SERVED = {
    "svg": b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><script>alert(1)</script></svg>',
    "html": b"<!doctype html><script>alert(1)</script>",
    "cut off": b"\x89PNG\r\n\x1a\n",
    "empty": b"",
}


def test_an_image_comes_whole_and_may_be_kept_for_ever(ask: Ask, keep: Keep, png: bytes) -> None:
    digest = keep(png)
    answer = ask(f"/img/{digest}")
    assert (answer.status_code, answer.content) == (200, png)
    expected = {
        "content-type": "image/png",
        "content-length": str(len(png)),
        "etag": f'"{digest}"',
        "cache-control": "public, max-age=31536000, immutable",
        "x-content-type-options": "nosniff",
        "content-disposition": "inline",
        "cross-origin-resource-policy": "same-site",
    }
    assert {name: answer.headers[name] for name in expected} == expected
    assert "default-src 'none'" in answer.headers["content-security-policy"]


@pytest.mark.parametrize(("media_type", "content"), IMAGES.items(), ids=IMAGES)
def test_the_type_is_that_of_the_bytes(ask: Ask, keep: Keep, media_type: str, content: bytes) -> None:
    answer = ask(f"/img/{keep(content)}")
    assert (answer.headers["content-type"], answer.content) == (media_type, content)


@pytest.mark.parametrize("content", NOT_SERVED.values(), ids=NOT_SERVED)
def test_what_is_no_plain_image_is_not_served_even_from_the_cache(ask: Ask, keep: Keep, content: bytes) -> None:
    digest = keep(content)
    assert digest
    answer = ask(f"/img/{digest}")
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/json"


def test_head_gives_the_same_headers_without_the_bytes(ask: Ask, keep: Keep, png: bytes) -> None:
    path = f"/img/{keep(png)}"
    whole, head = ask(path), ask(path, "HEAD")
    assert (head.status_code, head.content, dict(head.headers)) == (200, b"", dict(whole.headers))


def test_who_has_it_gets_304(ask: Ask, keep: Keep, png: bytes) -> None:
    digest = keep(png)
    answer = ask(f"/img/{digest}", headers={"If-None-Match": f'"{digest}"'})
    assert (answer.status_code, answer.content, answer.headers["etag"]) == (304, b"", f'"{digest}"')
    assert "immutable" in answer.headers["cache-control"]
    assert ask(f"/img/{digest}", headers={"If-None-Match": '"another"'}).status_code == 200
    gone = "0" * 64
    assert ask(f"/img/{gone}", headers={"If-None-Match": f'"{gone}"'}).status_code == 404


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        (['"aa"'], True),
        (['W/"aa"'], True),
        (['"b", W/"aa" ,"c"'], True),
        (['"b"', '"aa"'], True),
        (["*"], True),
        ([], False),
        ([""], False),
        (["aa"], False),
        (['"aab"'], False),
        (['"b", *'], False),
    ],
)
def test_etags_of_a_condition(headers: list[str], expected: bool) -> None:
    assert has_etag(headers, "aa") is expected


@pytest.mark.parametrize(
    "name",
    ["", "x", "0" * 63, "0" * 65, "../../etc/passwd", "..%2f..%2fetc%2fpasswd", "%00", "é" * 64, "0" * 64, "{upper}"],
)
def test_every_other_name_is_not_found(ask: Ask, keep: Keep, png: bytes, name: str) -> None:
    digest = keep(png)
    assert ask(f"/img/{name.replace('{upper}', digest.upper())}").status_code == 404


def test_a_link_in_the_cache_is_not_followed(ask: Ask, keep: Keep, png: bytes, tmp_path: Path) -> None:
    keep(png)
    secret = tmp_path / "secret.png"
    secret.write_bytes(png + b"secret")
    digest = hashlib.sha256(secret.read_bytes()).hexdigest()
    folder = tmp_path / "data" / "images" / digest[:2]
    folder.mkdir(exist_ok=True)
    (folder / digest).symlink_to(secret)
    assert ask(f"/img/{digest}").status_code == 404
