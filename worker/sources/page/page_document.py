"""Read a page: bytes of HTML become the facts that the page states of itself.

Places in order of preference, the first that says something wins; ``obtained`` names the place of each:

| field | places |
| --- | --- |
| title, excerpt, published, updated, author | JSON-LD, Open Graph, Twitter card, microdata, other ``meta``, HTML |
| site_name | Open Graph, JSON-LD ``publisher``, other ``meta`` |
| language | ``<html lang>``, JSON-LD, Open Graph, other ``meta`` |
| images | Open Graph, JSON-LD, Twitter card, microdata, ``rel=image_src``; all of them in this order |
| video_url | Open Graph, JSON-LD of a video, Twitter player |
| canonical_url, amp_url | ``<link>`` in the head, by the rules of ``page_links`` |
| is_amp | ``<html amp>`` or ``<html ⚡>`` |
| is_reserved | ``meta`` and headers, by the table of ``reserved`` |

JSON-LD comes first, for a machine wrote it for machines; what people's cards show (Open Graph) comes next, and
what only readers see comes last. Open Graph goes before it where the field is about presentation: the name on the
card, the picture on the card. From HTML come: for the title the heading that the document's title repeats, else
that title; for the excerpt the first paragraphs of the article; for the date ``<time pubdate>``, else the first
``<time datetime>`` of the article.

All texts are in one line, entities decoded once. Nothing a page names is asked for: no ``@context``, no picture.
"""

from __future__ import annotations

import re

from storyfold.errors import SourceError
from worker.model.page import PageFacts
from worker.sources.page.charset import decode_page
from worker.sources.page.facts import Offer
from worker.sources.page.json_ld import read_json_ld
from worker.sources.page.page_reader import PageReader
from worker.sources.page.refusal import is_refusal, is_refusal_address
from worker.sources.page.reserved import is_reserving, is_tdm_reserved

MAX_PAGE_CHARS = 2_097_152
SNIFFED_CHARS = 32_768

_PAGE_TYPES = frozenset(
    {
        "",
        "text/html",
        "application/xhtml+xml",
        "application/xml",
        "text/xml",
        "text/plain",
        "application/octet-stream",
    }
)
_PAGE = re.compile(r"<(?:!doctype\s+html|html|head|body|meta|title|link|article|h1)\b", re.IGNORECASE)
_FEED = re.compile(r"<(?:rss|feed|rdf:RDF|urlset|sitemapindex|svg)\b", re.IGNORECASE)


def read_page(
    body: bytes,
    *,
    url: str,
    content_type: str = "",
    x_robots_tag: str = "",
    tdm_reservation: str = "",
    max_chars: int = MAX_PAGE_CHARS,
) -> PageFacts:
    """The facts that a page states.

    Args:
        body: as it came, content coding undone.
        url: absolute address where it lies, after redirects.
        content_type: header of that name.
        x_robots_tag: header of that name; several of them joined with commas.
        tdm_reservation: header of that name.
        max_chars: so much is read; the rest of a longer page is not.

    Raises:
        SourceError: ``not-a-page``, it is no HTML; ``blocked-page``, it is a challenge, a consent wall or a refusal
            in place of the page.
    """
    if is_refusal_address(url):
        raise SourceError("blocked-page", "the site sent us to a page that asks for consent or a captcha")
    page = _page_text(body, content_type, max_chars)
    reader = PageReader(url).read(page)
    found = reader.found
    tells = read_json_ld(reader.scripts, reader.links.base, found)
    if not tells and not found.has("title", Offer.OPEN_GRAPH) and is_refusal(reader.title, page):
        raise SourceError(
            "blocked-page", f"the site shows a challenge or a refusal in place of the page: {reader.title!r}"
        )
    reserved = reader.meta.is_reserved or is_reserving(x_robots_tag) or is_tdm_reserved(tdm_reservation)
    return _facts(reader, is_reserved=reserved)


def _page_text(body: bytes, content_type: str, max_chars: int) -> str:
    kind = content_type.partition(";")[0].strip().lower()
    if kind not in _PAGE_TYPES:
        raise SourceError("not-a-page", f"the address gives {kind[:80]!r}, not HTML")
    # A character has at most 4 bytes, so that no more than the wanted ones are decoded.
    text = decode_page(body[: 4 * max_chars], content_type)[:max_chars]
    head = text[:SNIFFED_CHARS]
    opening = _PAGE.search(head)
    if opening is None or "\0" in head[:1_024] or _FEED.search(head, 0, opening.start()):
        raise SourceError("not-a-page", "the answer holds no HTML" if body.strip() else "the answer is empty")
    return text


def _facts(reader: PageReader, *, is_reserved: bool) -> PageFacts:
    values, places = reader.found.choose()
    images, image_place = reader.found.choose_images()
    canonical, amp = reader.links.canonical, reader.links.amp
    if image_place:
        places["images"] = image_place
    places |= {name: str(Offer.LINK) for name, url in (("canonical_url", canonical), ("amp_url", amp)) if url}
    return PageFacts(
        url=reader.links.url,
        canonical_url=canonical,
        amp_url=amp,
        is_amp=reader.is_amp,
        images=images,
        text_chars=reader.found.text_chars,
        is_free=reader.found.is_free,
        is_reserved=is_reserved,
        obtained=places,
        **values,
    )
