"""Papers: what each feed of the simulated week publishes, and when."""

from __future__ import annotations

from bisect import bisect_right
from datetime import datetime, timedelta
from email.utils import format_datetime
from random import Random
from typing import NamedTuple

BACKLOG = 4
_VOWELS, _CONSONANTS = "aeiou", "bdfgklmnprstvz"


class Article(NamedTuple):
    """One entry of a paper."""

    at: datetime
    url: str
    xml: bytes


class Rhythm(NamedTuple):
    """How often a paper publishes.

    Attributes:
        gap: usual time between two articles.
        shown: how many of the newest its feed shows; so many that the longest outage of the week hides none.
    """

    gap: timedelta
    shown: int


HOURLY = Rhythm(timedelta(hours=1), 30)
OFTEN = Rhythm(timedelta(hours=5), 20)
DAILY = Rhythm(timedelta(days=1), 8)
WEEKLY = Rhythm(timedelta(days=6), 6)
STILL = Rhythm(timedelta(days=365), 5)


class Paper:
    """A paper's articles of the week, and its feed at any time."""

    def __init__(
        self, domain: str, rhythm: Rhythm, channel: str, start: datetime, end: datetime, random: Random
    ) -> None:
        self.domain = domain
        self._shown = rhythm.shown
        self._head = f"<rss version='2.0'><channel><title>Paper {domain}</title>{channel}\n".encode()
        self.articles = [
            _article(domain, number, at, random) for number, at in enumerate(_times(rhythm, start, end, random))
        ]
        self._at = [article.at for article in self.articles]
        self._written = (-1, b"")

    def count(self, at: datetime) -> int:
        """Articles published so far."""
        return bisect_right(self._at, at)

    def body(self, at: datetime) -> bytes:
        """The feed, the newest article first."""
        count = self.count(at)
        if self._written[0] != count:
            parts = (article.xml for article in reversed(self._shown_at(at)))
            self._written = (count, b"".join([self._head, *parts, b"</channel></rss>"]))
        return self._written[1]

    def addresses(self, at: datetime) -> set[str]:
        """Addresses of the articles that the feed shows."""
        return {article.url for article in self._shown_at(at)}

    def _shown_at(self, at: datetime) -> list[Article]:
        count = self.count(at)
        return self.articles[max(0, count - self._shown) : count]


def _times(rhythm: Rhythm, start: datetime, end: datetime, random: Random) -> list[datetime]:
    """A backlog before the week, then the week's articles, each gap between a half and three halves of the usual."""
    times = [start - timedelta(hours=1 + 7 * number) for number in range(BACKLOG)][::-1]
    at = start + rhythm.gap * random.random()
    while at < end:
        times.append(at.replace(microsecond=0))
        at += rhythm.gap * random.uniform(0.5, 1.5)
    return times


def _article(domain: str, number: int, at: datetime, random: Random) -> Article:
    url = f"https://www.{domain}/{number}.html"
    # Made-up words: no two titles are alike, so that no two articles are one story.
    title = " ".join(_word(random) for _ in range(6)).capitalize()
    date = format_datetime(at)
    xml = f"<item><title>{title}</title><link>{url}</link><guid>{url}</guid><pubDate>{date}</pubDate></item>\n"
    return Article(at, url, xml.encode())


def _word(random: Random) -> str:
    return "".join(random.choice(_CONSONANTS) + random.choice(_VOWELS) for _ in range(4))
