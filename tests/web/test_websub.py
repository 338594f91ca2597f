"""``/websub/TOKEN`` as the web role serves it: who may ask, how, and what is told when Redis is away."""

from __future__ import annotations

from collections.abc import Callable

import httpx
import pytest

TOKEN = "A" * 43
Ask = Callable[..., httpx.Response]


@pytest.mark.parametrize("method", ["HEAD", "PUT", "DELETE", "PATCH", "OPTIONS"])
def test_only_get_and_post_are_served(ask: Ask, method: str) -> None:
    answer = ask(f"/websub/{TOKEN}", method)
    assert answer.status_code == 405
    assert set(answer.headers["allow"].split(", ")) == {"GET", "POST"}


@pytest.mark.parametrize("path", ["/websub", "/websub/", f"/websub/{TOKEN}/", f"/websub/{TOKEN}/x", "/websub/short"])
def test_what_is_no_callback_is_not_found(ask: Ask, path: str) -> None:
    assert ask(path).status_code == 404


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_hub_is_told_to_come_again_while_redis_is_away(ask: Ask, method: str) -> None:
    answer = ask(f"/websub/{TOKEN}", method)
    assert answer.status_code == 503
    assert int(answer.headers["retry-after"]) > 0
    assert TOKEN not in answer.text


def test_hubs_need_no_token_of_the_web_role_and_come_by_any_host(ask: Ask) -> None:
    """All other pages keep their protection."""
    off_loopback = {"WEB_BIND": "0.0.0.0:8080", "WEB_TOKEN": "secret"}
    assert ask("/websub/short", **off_loopback).status_code == 404
    assert ask("/websub/short", headers={"Host": "news.example"}).status_code == 404
    for path in ("/", "/websub", "/readyz", "//websub/x", "/Websub/x"):
        assert ask(path, **off_loopback).status_code == 401, path
        assert ask(path, headers={"Host": "news.example"}).status_code == 421, path


def test_the_body_of_a_refused_delivery_is_not_waited_for(ask: Ask) -> None:
    for path in ("/websub/short", f"/websub/{TOKEN}"):
        answer = ask(path, method="POST")
        assert answer.status_code in {404, 503}
        assert answer.headers["connection"] == "close"


def test_a_callback_is_never_kept_by_caches_or_embedded(ask: Ask) -> None:
    headers = ask("/websub/short").headers
    assert headers["cache-control"] == "no-store"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
