"""What the places of a page offer for each field, and which of them is taken."""

from __future__ import annotations

import re
from collections.abc import Iterable
from enum import StrEnum
from typing import Final

from worker.model.entry import Media

MAX_IMAGES = 10

_TAG = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{1,8}){0,4}")


class Offer(StrEnum):
    """A place on a page where a fact may stand."""

    JSON_LD = "jsonld"
    OPEN_GRAPH = "og"
    TWITTER = "twitter"
    MICRODATA = "microdata"
    META = "meta"
    LINK = "link"
    HTML = "html"


_USUAL: Final = (Offer.JSON_LD, Offer.OPEN_GRAPH, Offer.TWITTER, Offer.MICRODATA, Offer.META, Offer.HTML)
#: Field -> places in order of preference; the reasons stand with the table of ``page_document``.
PRIORITY: Final = {
    "title": _USUAL,
    "excerpt": _USUAL,
    "published": _USUAL,
    "updated": _USUAL,
    "author": _USUAL,
    "site_name": (Offer.OPEN_GRAPH, Offer.JSON_LD, Offer.META),
    "language": (Offer.HTML, Offer.JSON_LD, Offer.OPEN_GRAPH, Offer.META),
    "images": (Offer.OPEN_GRAPH, Offer.JSON_LD, Offer.TWITTER, Offer.MICRODATA, Offer.LINK),
    "video_url": (Offer.OPEN_GRAPH, Offer.JSON_LD, Offer.TWITTER),
}


class Found:
    """Offers for the fields of one page. In each place the first offer of a field counts.

    Attributes:
        text_chars: length of the article's text, 0 while it was not found.
        is_free: whether the page says that reading it costs nothing; None when it says nothing.
    """

    def __init__(self) -> None:
        self.text_chars = 0
        self.is_free: bool | None = None
        self._texts: dict[tuple[str, Offer], str] = {}
        self._images: dict[Offer, list[Media]] = {}

    def offer(self, field: str, place: Offer, value: str) -> None:
        """Keep a value, unless it is "" or the place has offered one before."""
        if value:
            self._texts.setdefault((field, place), value)

    def offer_images(self, place: Offer, images: Iterable[Media]) -> None:
        """Keep pictures in their order."""
        self._images.setdefault(place, []).extend(images)

    def has(self, field: str, place: Offer) -> bool:
        """Whether a place has offered a value."""
        return (field, place) in self._texts

    def choose(self) -> tuple[dict[str, str], dict[str, str]]:
        """The values of all fields of text that were offered, and the places that they come from."""
        values, places = {}, {}
        for field, order in PRIORITY.items():
            for place in order:
                if (field, place) in self._texts:
                    values[field], places[field] = self._texts[field, place], str(place)
                    break
        return values, places

    def choose_images(self) -> tuple[tuple[Media, ...], str]:
        """All pictures, those of the preferred place first, each address once; and that place."""
        order = [place for place in PRIORITY["images"] if self._images.get(place)]
        merged: dict[str, Media] = {}
        for image in (one for place in order for one in self._images[place]):
            known = merged.get(image.url)
            if known is None or (known.width is None and image.width is not None):
                merged[image.url] = image
        return tuple(merged.values())[:MAX_IMAGES], str(order[0]) if order else ""


def language_tag(text: str) -> str:
    """A BCP 47 tag as pages write it (``en_US`` for ``en-US``), "" for what is none."""
    tag = text.strip().partition(".")[0].replace("_", "-")
    return tag if _TAG.fullmatch(tag) else ""
