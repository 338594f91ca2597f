"""May this page be asked for? (RFC 9309)"""

from __future__ import annotations

from urllib.parse import urlsplit

MAX_ROBOTS_BYTES = 512_000  # section 2.5: at least 500 KiB are read; the rest is left unread


def may_fetch(robots_txt: bytes, url: str, user_agent: str) -> bool:
    """Whether a site's robots.txt lets us ask for an address.

    Args:
        robots_txt: the file as it came; b"" when there is none (a 404 allows all, section 2.3.1.3). Whether a
            server that does not answer forbids all (section 2.3.1.4) is the caller's to say.
        url: absolute address on that site.
        user_agent: our User-Agent header; only its product token is compared, without regard to case.
    """
    from protego import Protego  # 17 ms, and only a fetcher needs it

    if urlsplit(url).path == "/robots.txt":  # section 2.2.2: always allowed
        return True
    token = user_agent.partition("/")[0].split(" ")[0].strip()
    text = robots_txt[:MAX_ROBOTS_BYTES].decode("utf-8-sig", "replace")
    return Protego.parse(text).can_fetch(url, token or "*")
