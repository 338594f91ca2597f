"""Articles that nobody wrote: distinct, in the proportions of real news, the same for the same seed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import accumulate
from random import Random
from typing import Any

from worker.model.entry import Entry, Source

VOCABULARY_WORDS = 20_000
#: Without stop words, which are no tokens.
TITLE_WORDS = 7
#: Words are as frequent as 1 / (rank + 40): a title then shares a word with some 550 of 20,000 stories, as one of
#: a stream of real headlines does (515).
RANK_OFFSET = 40
EXCERPT_WORDS = 28
PROVIDERS = 200
#: Items of three days stand in the window at once.
SPREAD = timedelta(hours=72)

_ONSETS = (*"bcdfghjklmnprstvw", "br", "cl", "dr", "fl", "gr", "pl", "st", "tr", "sh", "ch")
_VOWELS = (*"aeiou", "ai", "ea", "ou")


class Articles:
    """An endless row of articles, made from a seed."""

    def __init__(self, seed: int, now: datetime) -> None:
        """
        Args:
            seed: other seeds give other articles.
            now: their dates lie in the 72 hours before it.
        """
        self._random = Random(seed)
        self._seed = seed
        self._now = now
        self._words = _vocabulary(Random(0))
        self._weights = list(accumulate(1 / (rank + RANK_OFFSET) for rank in range(len(self._words))))

    def phrase(self, words: int) -> str:
        """Some words, the first one capitalized."""
        return " ".join(self._random.choices(self._words, cum_weights=self._weights, k=words)).capitalize()

    def documents(self, count: int) -> Iterator[dict[str, Any]]:
        """Articles as bare documents: title, address, date, excerpt."""
        for number in range(count):
            age = timedelta(seconds=int(self._random.random() * SPREAD.total_seconds()))
            provider = self._random.randrange(PROVIDERS)
            yield {
                "title": self.phrase(TITLE_WORDS),
                "originalUrl": f"https://www.paper{provider}.example/{self._seed}/{number}/article.html",
                "publishedDateTime": (self._now - age).strftime("%Y-%m-%dT%H:%M:%SZ"),
                "excerpt": self.phrase(EXCERPT_WORDS) + ".",
            }

    def entries(self, count: int) -> Iterator[Entry]:
        """The same as entries of their papers' feeds."""
        for document in self.documents(count):
            url = document["originalUrl"]
            home = url.split(f"/{self._seed}/")[0]
            yield Entry(
                source=Source.FEED,
                feed_url=f"{home}/feed.xml",
                site_url=home,
                guid=url,
                link=url,
                title=document["title"],
                summary=f"<p>{document['excerpt']}</p>",
                published=document["publishedDateTime"],
            )


def front_matter(document: dict[str, Any]) -> bytes:
    """A document as a file for the drop folder."""
    lines = [f'{key}: "{value}"' for key, value in document.items()]
    return "\n".join(["---", *lines, "---", ""]).encode()


def _vocabulary(random: Random) -> list[str]:
    words: dict[str, None] = {}
    while len(words) < VOCABULARY_WORDS:
        syllables = random.choices((1, 2, 3), weights=(1, 4, 3))[0]
        word = "".join(random.choice(_ONSETS) + random.choice(_VOWELS) for _ in range(syllables))
        words[word + random.choice("nrlstdkm")] = None
    return list(words)
