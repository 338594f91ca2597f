"""The addresses that a page gives itself."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from worker.model.page import PageFacts

Read = Callable[..., PageFacts]
C = "<link rel=canonical href='%s'>"


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        (C % "https://harbor.example/a", "https://harbor.example/a"),
        (C % "/a", "https://harbor.example/a"),
        (C % "a", "https://harbor.example/2026/a"),
        (C % "?id=5", "https://harbor.example/2026/page?id=5"),
        (C % "//other.example/a", "https://other.example/a"),
        ("<base href='https://base.example/x/'>" + C % "a", "https://base.example/x/a"),
        (C % "a" + "<base href='https://base.example/x/'>", "https://base.example/x/a"),
        (C % "https://harbor.example/2026/page", "https://harbor.example/2026/page"),
        ("<LINK HREF='/a' REL='shortlink Canonical'>", "https://harbor.example/a"),
        (C % " https://harbor.example/a\n", "https://harbor.example/a"),
        (C % "HTTPS://harbor.example/a b", "https://harbor.example/a%20b"),
        # several
        (C % "/a" + C % "/a", "https://harbor.example/a"),
        (C % "/a" + C % "/b", ""),
        (C % "http://harbor.example/a" + C % "https://harbor.example/a/", "https://harbor.example/a/"),
        (C % "/a" + C % "#top", "https://harbor.example/a"),
        (C % "/a" + C % "", "https://harbor.example/a"),
        # none
        (C % "", ""),
        (C % "#top", ""),
        (C % "javascript:alert(1)", ""),
        (C % "data:text/html,x", ""),
        (C % "https://user:pass@harbor.example/a", ""),
        (C % "https://", ""),
        (C % "http://[x", ""),
        (C % ("/" + "a" * 9_000), ""),
        ("<meta property=og:url content=https://harbor.example/a>", ""),
        ("<noscript>" + C % "/a" + "</noscript>", ""),
        ("<!-- " + C % "/a" + " -->", ""),
        ("<template>" + C % "/a" + "</template>", ""),
        # the head ends where HTML ends it, whatever tags the page writes
        ("<p>x</p>" + C % "/a", ""),
        ("stray text" + C % "/a", ""),
        ("<script>x</script><style>y</style><meta name=a>" + C % "/a", "https://harbor.example/a"),
    ],
)
def test_the_canonical_address_is_single_and_well_formed(read: Read, head: str, expected: str) -> None:
    facts = read("<title>x</title>" + head, url="https://harbor.example/2026/page")

    assert facts.canonical_url == expected
    assert facts.obtained.get("canonical_url", "") == ("link" if expected else "")


def test_a_link_in_the_body_is_not_believed(read: Read) -> None:
    facts = read("<title>x</title>", C % "/a" + "<link rel=amphtml href=/amp>")

    assert (facts.canonical_url, facts.amp_url) == ("", "")


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        ("<link rel=amphtml href=/amp/x>", "https://harbor.example/amp/x"),
        ("<link rel=amphtml href=/amp/x><link rel=amphtml href=/amp/y>", ""),
        ("<link rel=amphtml href=ftp://x/y>", ""),
    ],
)
def test_the_amp_version_is_told(read: Read, head: str, expected: str) -> None:
    assert read("<title>x</title>" + head).amp_url == expected
