"""Values of ``<meta>``: Open Graph, Twitter cards, Dublin Core, and the names that analytics and newsletters read.

Sources: ogp.me (structured properties: ``og:image:width`` belongs to the ``og:image`` before it); the documentation
of X cards; DCMI's HTML encoding; Parse.ly's and Sailthru's integration guides.
"""

from __future__ import annotations

from worker.model.entry import Media
from worker.sources.page.address import absolute
from worker.sources.page.facts import Found, Offer, language_tag
from worker.sources.page.markup import one_line
from worker.sources.page.reserved import is_reserving, is_tdm_reserved

MAX_METAS = 500
MAX_TEXT_CHARS = 4_096
MAX_SIDE_PIXELS = 65_535

# Field -> place -> names in order of preference.
NAMES: dict[str, dict[Offer, tuple[str, ...]]] = {
    "title": {
        Offer.OPEN_GRAPH: ("og:title",),
        Offer.TWITTER: ("twitter:title",),
        Offer.META: ("parsely-title", "sailthru.title", "dc.title", "dcterms.title", "title"),
    },
    "excerpt": {
        Offer.OPEN_GRAPH: ("og:description",),
        Offer.TWITTER: ("twitter:description",),
        Offer.META: ("description", "sailthru.description", "dc.description", "dcterms.description"),
    },
    "published": {
        Offer.OPEN_GRAPH: ("article:published_time", "og:article:published_time", "video:release_date"),
        Offer.META: (
            "parsely-pub-date",
            "sailthru.date",
            "dcterms.issued",
            "dc.date.issued",
            "dcterms.created",
            "dc.date.created",
            "dcterms.date",
            "dc.date",
            "article.published",
            "datepublished",
            "pubdate",
            "publishdate",
            "publish-date",
            "publication_date",
            "date",
        ),
    },
    "updated": {
        Offer.OPEN_GRAPH: ("article:modified_time", "og:updated_time"),
        Offer.META: ("dcterms.modified", "dc.date.modified", "article.updated", "datemodified", "last-modified"),
    },
    "author": {
        Offer.OPEN_GRAPH: ("article:author", "og:article:author"),
        Offer.META: ("author", "parsely-author", "sailthru.author", "dc.creator", "dcterms.creator", "byl"),
    },
    "site_name": {Offer.OPEN_GRAPH: ("og:site_name",), Offer.META: ("application-name", "dc.publisher")},
    "language": {Offer.OPEN_GRAPH: ("og:locale",), Offer.META: ("content-language", "dc.language", "language")},
}
_WANTED = frozenset(name for places in NAMES.values() for names in places.values() for name in names) | {
    "twitter:player",
    "twitter:image",
    "twitter:image:src",
}
_ROBOTS = frozenset({"robots", "googlebot", "googlebot-news", "storyfold"})
_IMAGE_STARTS = frozenset({"og:image", "og:image:url", "og:image:secure_url"})
_VIDEO_NAMES = frozenset({"og:video:secure_url", "og:video:url", "og:video"})


class PageMeta:
    """Collects the ``meta`` of a page; the first value of a name counts.

    Attributes:
        is_reserved: one of them asks not to keep or mine the page.
    """

    def __init__(self) -> None:
        self.is_reserved = False
        self._count = 0
        self._values: dict[str, str] = {}
        self._videos: list[str] = []
        self._pictures: list[dict[str, str]] = []

    def add(self, name: str, content: str, *, is_named: bool) -> None:
        """Take one. ``is_named`` is False for ``http-equiv``."""
        self._count += 1
        key = name.strip().lower()
        # Read past the limit as well: a page's wish is not lost among its other values.
        asks = is_reserving if key in _ROBOTS else is_tdm_reserved if key == "tdm-reservation" else None
        self.is_reserved = self.is_reserved or (asks is not None and asks(content))
        if self._count > MAX_METAS or not content or not (is_named or key == "content-language"):
            return
        if key.startswith("og:image"):
            self._add_picture(key, content)
        elif key in _VIDEO_NAMES:
            self._videos.append(content)
        elif key in _WANTED:
            self._values.setdefault(key, content)

    def _add_picture(self, key: str, content: str) -> None:
        same = self._pictures[-1] if self._pictures else None
        # A new og:image, but for the one of the same picture under its other names.
        if key in _IMAGE_STARTS and (same is None or key in same or (key == "og:image" and "og:image:width" in same)):
            self._pictures.append({key: content})
        elif same is not None:
            same.setdefault(key, content)

    def offer_all(self, found: Found, base: str) -> None:
        """Offer everything; relative addresses are resolved against `base`."""
        for field, places in NAMES.items():
            for place, names in places.items():
                value = next((self._values[name] for name in names if self._values.get(name, "").strip()), "")
                found.offer(field, place, _value(field, value))
        found.offer_images(Offer.OPEN_GRAPH, [image for one in self._pictures if (image := _picture(one, base))])
        for name in ("twitter:image", "twitter:image:src"):
            url = absolute(base, self._values.get(name, ""))
            found.offer_images(Offer.TWITTER, [Media(url=url, kind="image")] if url else [])
        for video in self._videos:
            found.offer("video_url", Offer.OPEN_GRAPH, absolute(base, video))
        found.offer("video_url", Offer.TWITTER, absolute(base, self._values.get("twitter:player", "")))


def _value(field: str, content: str) -> str:
    text = one_line(content, MAX_TEXT_CHARS)
    if field == "language":
        return language_tag(text.partition(",")[0])
    if field == "author":  # article:author is often the address of a profile
        return "" if "://" in text or text.startswith("@") else text
    return text


def _picture(values: dict[str, str], base: str) -> Media | None:
    names = ("og:image:secure_url", "og:image", "og:image:url")
    url = next((url for name in names if (url := absolute(base, values.get(name, "")))), "")
    if not url:
        return None
    return Media(
        url=url,
        kind="image",
        media_type=one_line(values.get("og:image:type", ""), 100),
        width=_pixels(values.get("og:image:width", "")),
        height=_pixels(values.get("og:image:height", "")),
    )


def _pixels(text: str) -> int | None:
    digits = text.strip().removesuffix("px").strip()
    if not (digits.isascii() and digits.isdigit() and len(digits) <= 5):
        return None
    return int(digits) if 0 < int(digits) <= MAX_SIDE_PIXELS else None
