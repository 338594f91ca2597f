"""What was learned about an item stays with it when its source tells it anew.

A feed's newer version comes without what the page gave. It must not be taken for a change back: the item would go
to and fro with each poll. A value counts as learned when its provenance begins with ``page:`` or is ``probe``; it is
kept where the newer version still lacks it:

| field | lacking means |
| --- | --- |
| excerpt, author, language | empty |
| topics | with the excerpt: all that it brought, unless a rule of the operator spoke of the newer version |
| published_at | the source gave no date that can be true (first-seen, clamped) |
| provider | only its domain is known, and it is the same; or with web_url |
| web_url, and the provider that it led to | the newer version has no address that was not known before |
| amp_web_url, cdn_amp_web_url | there is none, and the same |
| images | none are left besides those that turned out to be too small |
| size of an image, is_cached | the image has the same address |

A version that was enriched itself keeps what it learned: it knows better. What a story document says is its own.
"""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from storyfold.document import Image
from worker.model.item import Item

_OWN_CLOCK = frozenset({"first-seen", "clamped"})


def keep_learned(known: Item, arriving: Item) -> Item:
    """The arriving version of an item with what was learned about the known one; see the table above.

    Its quality is not counted again: whoever asks does that, when the result is another item than ``arriving``.
    """
    if arriving.given is not None or known.given is not None or not _has_learned(known):
        return arriving
    kept: dict[str, Any] = {}
    how: dict[str, str] = {}
    for keep in (_words, _date, _addresses, _images):
        values, names = keep(known, arriving)
        kept |= values
        how |= {name: known.provenance[name] for name in names if name in known.provenance}
    if not kept:
        return arriving
    return replace(arriving, provenance=arriving.provenance | how, **kept)


Kept = tuple[dict[str, Any], tuple[str, ...]]
"""Values to keep, and the names in the provenance that tell how they were obtained."""

_NOTHING: Kept = ({}, ())


def _is_learned(how: str) -> bool:
    return how.startswith("page:") or how == "probe"


def _has_learned(item: Item) -> bool:
    """Whether anything at all was learned of an item: of most nothing was, as their feeds tell enough."""
    provenance = item.provenance
    return (
        "images_refused" in provenance
        or any(map(_is_learned, provenance.values()))
        or any(image.is_cached for image in item.images)
    )


def _learned(known: Item, arriving: Item, field: str) -> bool:
    """Whether a field was learned of the known item and not of the arriving one."""
    return _is_learned(known.provenance.get(field, "")) and not _is_learned(arriving.provenance.get(field, ""))


def _words(known: Item, arriving: Item) -> Kept:
    fields = ("excerpt", "author", "language")
    names = [name for name in fields if not getattr(arriving, name) and _learned(known, arriving, name)]
    values = {name: getattr(known, name) for name in names}
    if "excerpt" in values and _learned(known, arriving, "topics") and "rules" not in arriving.provenance:
        values["topics"] = _joined(known.topics, arriving.topics)
        names.append("topics")
    return values, tuple(names)


def _joined(known: tuple[str, ...], arriving: tuple[str, ...]) -> tuple[str, ...]:
    """All topics; a child stays before its parent."""
    if {*arriving} <= {*known}:
        return known
    return (*arriving, *(topic for topic in known if topic not in arriving))


def _date(known: Item, arriving: Item) -> Kept:
    if arriving.provenance.get("published_at") in _OWN_CLOCK and _learned(known, arriving, "published_at"):
        return {"published_at": known.published_at}, ("published_at",)
    return _NOTHING


def _addresses(known: Item, arriving: Item) -> Kept:
    values: dict[str, Any] = {}
    names: list[str] = []
    same_domain = arriving.provider.domain == known.provider.domain
    if same_domain and arriving.provenance.get("provider") == "domain" and _learned(known, arriving, "provider"):
        values["provider"], names = known.provider, ["provider"]
    if not {*arriving.url_keys} <= {*known.url_keys}:
        return values, tuple(names)  # the source names another page now: what was learned is of the old one
    if arriving.web_url and _learned(known, arriving, "web_url"):
        values["web_url"] = known.web_url
        names.append("web_url")
        if not same_domain and arriving.provenance.get("provider") != "stated":
            values["provider"] = known.provider
            names.append("provider")
    if arriving.amp_web_url is None and _learned(known, arriving, "amp_web_url"):
        values |= {"amp_web_url": known.amp_web_url, "cdn_amp_web_url": known.cdn_amp_web_url}
        names.append("amp_web_url")
    return values, tuple(names)


def _images(known: Item, arriving: Item) -> Kept:
    refused = set() if "images_refused" in arriving.provenance else _refused(known)
    images = tuple(image for image in arriving.images if image.url not in refused)
    names = ["images_refused"] if len(images) < len(arriving.images) else []
    if not images and _learned(known, arriving, "images"):
        images = known.images
        names += ["images", "image_sizes"]
    else:
        by_url = {image.url: image for image in known.images}
        sizes = _learned(known, arriving, "image_sizes")
        images = tuple(_as_known(image, by_url.get(image.url), sizes=sizes) for image in images)
        names += ["image_sizes"] if sizes else []
    return ({"images": images}, tuple(names)) if images != arriving.images else _NOTHING


def _refused(item: Item) -> set[str]:
    return {*item.provenance.get("images_refused", "").split()}


def _as_known(image: Image, known: Image | None, *, sizes: bool) -> Image:
    if known is None:
        return image
    if sizes and known.width and known.height:
        image = replace(image, width=known.width, height=known.height)
    return replace(image, is_cached=True) if known.is_cached and not image.is_cached else image
