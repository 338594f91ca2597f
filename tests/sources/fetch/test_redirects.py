"""Steps of a redirect that no plain HTTP server can show."""

from __future__ import annotations

from worker.sources.fetch.redirects import RedirectTrail
from worker.sources.fetch.web_address import parse_web_address


def test_a_step_from_https_to_http_is_followed_recorded_and_never_remembered() -> None:
    trail = RedirectTrail(parse_web_address("https://a.example/"))
    trail.follow(301, "https://b.example/")
    trail.follow(301, "http://b.example/")
    trail.follow(301, "https://c.example/")
    assert trail.address.url == "https://c.example/"
    assert trail.permanent_url == "https://b.example/"
    assert trail.insecure_redirect


def test_a_step_from_http_to_https_is_remembered_and_not_insecure() -> None:
    trail = RedirectTrail(parse_web_address("http://a.example/"))
    trail.follow(308, "https://a.example/")
    assert trail.permanent_url == "https://a.example/"
    assert not trail.insecure_redirect
