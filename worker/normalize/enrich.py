"""Enrich: what an item's page and the bytes of its images add to it.

What the source gave stays. A page fills what is empty, and says where the page really lies:

| field | taken when | provenance |
| --- | --- | --- |
| web_url | the page names a canonical address that is believed | page:link |
| | the link was a redirector or led to another site: where it led | page:redirect |
| amp_web_url, cdn_amp_web_url | there is none: ``rel=amphtml`` of the same site | page:link |
| | there is none, and the page is an AMP page itself | page:amp |
| url_keys | always: canonical, final and AMP address join those that are known | |
| provider | the link led to another site: the provider of that site | registry, domain |
| | only its domain is known: ``site_name`` becomes its name | page:PLACE |
| excerpt | there is none | page:PLACE |
| topics | the excerpt came from the page, and no rule of the operator spoke of the item | page:PLACE |
| published_at | the source gave no date that can be true; the page's lies not after first_seen_at | page:PLACE |
| images | there are none | page:PLACE |
| | always: real size and ``is_cached`` (see ``known_images``) | image_sizes: probe |
| author | there is none | page:PLACE |
| language | there is none, and the letters of title and excerpt do not contradict it | page:PLACE |

The title is never taken: an item has one from the start. Of a reserved page only addresses are taken. A story
document is never changed, nor are the items that it names. A video on an article's page does not make the item a
video: most such pages are articles. ``item_id`` and ``fingerprint`` never change. To enrich twice with the same facts
is to enrich once.

A name from ``site_name`` must be plain: at most 40 characters and 5 words, no slogan or section in it
(``Name - We tell``, ``Name | Sport``), none that templates come with. Its domain stays.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime

from msgspec.structs import replace

from storyfold.document import Provider
from worker.model.item import Item
from worker.model.page import ImageFacts, PageFacts
from worker.normalize.amp import amp_cache_url, origin_of_amp_cache
from worker.normalize.dates import settle_date
from worker.normalize.excerpt import make_excerpt
from worker.normalize.item import Context
from worker.normalize.known_images import images_provenance, images_to_learn, settle_images
from worker.normalize.language import detect_language
from worker.normalize.page_identity import believed_canonical, has_own_page, is_page_of, same_site
from worker.normalize.rules import is_of_document
from worker.normalize.text import clean_text, plain_text
from worker.normalize.urls import clean_url, comparison_key, is_home_page
from worker.normalize.wrappers import is_opaque
from worker.score.quality import score_item

__all__ = ["enrich", "images_to_learn", "needs_page"]

MAX_NAME_CHARS = 40
MAX_NAME_WORDS = 5
MAX_AUTHOR_CHARS = 200

_OWN_CLOCK = frozenset({"first-seen", "clamped"})
# Of a text that is plain already: templates that wrote HTML into an attribute, or escaped it twice.
_MARKUP = re.compile(r"</?[a-zA-Z][^<>]*>|&(?:#[0-9]{2,6}|#x[0-9a-fA-F]{2,5}|[a-zA-Z]{2,8});")
# What parts a name from a slogan or a section, and what is no name.
_SLOGAN = re.compile(r"\s[-–—|·:»>]\s|[|»:;!?]|\.\s|//|@")
_NO_NAMES = frozenset(
    {"home", "blog", "news", "website", "site", "wordpress", "index", "untitled", "homepage", "default"}
)


def needs_page(item: Item) -> bool:
    """Whether the page of an item may add to it: every item with a page of its own that no document told of.

    Whether it was read already is not seen here: canonical and AMP address are known from the page only, so
    each page is wanted once.
    """
    return not is_of_document(item) and has_own_page(item)


def enrich(
    item: Item, facts: PageFacts | None, images: Sequence[ImageFacts], *, now: datetime, context: Context
) -> Item:
    """The item with what was learned about it, by the table of this module.

    Args:
        item: as it is known.
        facts: of its page; None when it was not read.
        images: facts of its images.
        now: our clock; no date is taken that lies ahead of it.
        context: taxonomy and registry.

    Returns:
        ``item`` itself when nothing changes.
    """
    if is_of_document(item):
        return item
    learned = item
    page = facts if facts is not None and is_page_of(item, facts) else None
    if page is not None:
        learned = _learn_addresses(learned, page, context)
        page = None if page.is_reserved else page
    if page is not None:
        learned = _learn_words(learned, page, context)
        learned = _learn_name(learned, page)
        learned = _learn_date(learned, page, now)
    learned = _learn_images(learned, page, images)
    return learned if learned == item else replace(learned, quality=score_item(learned).points)


def _with(item: Item, how: dict[str, str], **values: object) -> Item:
    return replace(item, provenance=item.provenance | how, **values)


def _learn_addresses(item: Item, page: PageFacts, context: Context) -> Item:
    canonical = believed_canonical(page)
    web_url = item.web_url or ""
    left_site = is_opaque(web_url) or not same_site(web_url, page.url)
    target = clean_url(canonical or page.url) if canonical or left_site else web_url
    target = _secure(target, (web_url, clean_url(page.url)))
    found = item
    if target != web_url:
        found = _with(found, {"web_url": "page:link" if canonical else "page:redirect"}, web_url=target)
        if not same_site(web_url, target):
            found = _learn_provider(found, target, context)
    found = _learn_amp(found, page)
    keys = {comparison_key(url) for url in (target, page.url, found.amp_web_url or "")}
    pages = {key for key in keys if key and not is_home_page(key)}
    return found if pages <= {*item.url_keys} else replace(found, url_keys=tuple(sorted(pages | {*item.url_keys})))


def _secure(url: str, others: tuple[str, ...]) -> str:
    """The https address among others of the same page, should `url` be none."""
    if url.startswith("https:"):
        return url
    key = comparison_key(url)
    return next((one for one in others if one.startswith("https:") and comparison_key(one) == key), url)


def _learn_provider(item: Item, web_url: str, context: Context) -> Item:
    """The publisher of the page behind a redirector; one that the entry stated for itself stays."""
    if item.provenance.get("provider") == "stated":
        return item
    provider, how = context.organizations.name_provider(web_url)
    return _with(item, {"provider": how}, provider=provider)


def _learn_amp(item: Item, page: PageFacts) -> Item:
    if item.amp_web_url is not None:
        return item
    stated = page.url if page.is_amp else page.amp_url
    amp = clean_url(origin_of_amp_cache(stated) or stated)
    if not amp or is_home_page(comparison_key(amp)) or not same_site(amp, item.web_url or ""):
        return item
    how = "page:amp" if page.is_amp else "page:link"
    return _with(item, {"amp_web_url": how}, amp_web_url=amp, cdn_amp_web_url=amp_cache_url(amp))


def _learn_words(item: Item, page: PageFacts, context: Context) -> Item:
    item = _learn_excerpt(item, page, context)
    author = page_text(page.author)[:MAX_AUTHOR_CHARS]
    if author and not item.author:
        item = _with(item, {"author": _how(page, "author")}, author=author)
    if not page.language or item.language:
        return item
    language = detect_language(page.language, f"{item.title} {item.excerpt}")
    if language.how != "given":  # what the letters contradict is not believed
        return item
    return _with(item, {"language": _how(page, "language")}, language=language.tag)


def _learn_excerpt(item: Item, page: PageFacts, context: Context) -> Item:
    excerpt = "" if item.excerpt else make_excerpt(page_text(page.excerpt), item.title)
    if not excerpt:
        return item
    item = _with(item, {"excerpt": _how(page, "excerpt")}, excerpt=excerpt)
    topics = context.taxonomy.match(item.title, excerpt, item.labels)
    if topics == item.topics or "rules" in item.provenance:
        return item
    return _with(item, {"topics": _how(page, "excerpt")}, topics=topics)


def _learn_name(item: Item, page: PageFacts) -> Item:
    """The name of a publisher of which only the domain is known."""
    name = page_text(page.site_name)
    if item.provenance.get("provider") != "domain" or not is_plain_name(name):
        return item
    provider = Provider(name=name, domain=item.provider.domain, images=item.provider.images)
    return _with(item, {"provider": _how(page, "site_name")}, provider=provider)


def is_plain_name(name: str) -> bool:
    """Whether a text can be a publisher's name, by the rule at the end of this module's text."""
    if not 2 <= len(name) <= MAX_NAME_CHARS or len(name.split()) > MAX_NAME_WORDS:
        return False
    has_letter = any(character.isalpha() for character in name)
    return has_letter and _SLOGAN.search(name) is None and name.casefold() not in _NO_NAMES


def _learn_date(item: Item, page: PageFacts, now: datetime) -> Item:
    if item.provenance.get("published_at") not in _OWN_CLOCK:
        return item
    date = settle_date(page.published, page.updated, min(item.first_seen_at, now))
    if date.how in _OWN_CLOCK:
        return item
    field = "published" if page.published else "updated"
    return _with(item, {"published_at": _how(page, field)}, published_at=date.at)


def _learn_images(item: Item, page: PageFacts | None, probes: Sequence[ImageFacts]) -> Item:
    images = settle_images(item, page, probes)
    how = images_provenance(item, images, _how(page, "images") if page else "", probes)
    if images == item.images and how.items() <= item.provenance.items():
        return item
    return _with(item, how, images=images)


def _how(page: PageFacts, field: str) -> str:
    return f"page:{page.obtained.get(field, 'html')}"


def page_text(text: str) -> str:
    """A text of a page as plain text: it is read as HTML once more when it still holds tags or entities."""
    return plain_text(text) if _MARKUP.search(text) else clean_text(text)
