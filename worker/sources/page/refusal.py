"""Pages that stand before the page: challenges, consent walls, refusals.

Data, with what was observed where. A title counts only on a page that names no article: a report on "Access
denied" has Open Graph or JSON-LD, a challenge has neither.
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

# Whole titles, in lower case and without the dots at their end; with the product that writes them.
TITLES = frozenset(
    {
        "just a moment",  # Cloudflare
        "attention required! | cloudflare",
        "please wait... | cloudflare",
        "checking your browser before accessing",
        "ddos-guard",
        "access denied",  # Akamai
        "access to this page has been denied",  # PerimeterX (HUMAN)
        "access to this page has been denied.",
        "pardon our interruption",  # Imperva, Distil
        "request unsuccessful. incapsula incident",
        "are you a robot?",  # Bloomberg
        "bloomberg - are you a robot?",
        "robot or human?",
        "human verification",  # AWS WAF
        "security check",
        "security checkpoint",
        "vercel security checkpoint",
        "client challenge",  # Fastly
        "one more step",
        "verify you are human",
        "verifying you are human",
        "you have been blocked",
        "403 forbidden",
        "forbidden",
        "too many requests",
        "429 too many requests",
        "service unavailable",
        "before you continue",  # Google, YouTube
        "before you continue to google",
        "before you continue to youtube",
        "yahoo is part of the yahoo family of brands",
        "cookie consent",
        "zustimmung",
        "captcha",
        "enable javascript and cookies to continue",
    }
)
# Hosts, and all below them, that serve nothing else.
HOSTS = (
    "consent.google.com",
    "consent.youtube.com",
    "consent.yahoo.com",
    "guce.yahoo.com",
    "guce.oath.com",
    "guce.advertising.com",
    "consent.cmp.oath.com",
    "geo.captcha-delivery.com",
    "validate.perfdrive.com",
    "challenges.cloudflare.com",
)
_SORRY = re.compile(r"(?:www\.)?google\.[a-z.]{2,6}")  # google.com/sorry/ asks for a captcha
# Scripts that only the challenge itself loads.
_MARKERS = re.compile(
    r"window\._cf_chl_opt|/cdn-cgi/challenge-platform/h/[a-z]/orchestrate|_Incapsula_Resource\?SWUDNSAI"
    r"|captcha-delivery\.com/c\.js|window\._pxAppId|id=\"px-captcha\"|awsWafCookieDomainList"
)
MAX_CHALLENGE_CHARS = 200_000


def is_refusal_address(url: str) -> bool:
    """Whether a page that was found at this address stands before another one."""
    parts = urlsplit(url)
    host = (parts.hostname or "").rstrip(".")
    if any(host == known or host.endswith("." + known) for known in HOSTS):
        return True
    return parts.path.startswith("/sorry/") and _SORRY.fullmatch(host) is not None


def is_refusal(title: str, page: str) -> bool:
    """Whether a page that names no article is a refusal: by its whole title, or by a challenge's script."""
    whole = " ".join(title.lower().split()).rstrip(".… ")
    if whole in TITLES or whole.startswith("attention required!"):
        return True
    return len(page) <= MAX_CHALLENGE_CHARS and _MARKERS.search(page) is not None
