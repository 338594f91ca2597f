"""The story document: the fixed schema that producers and consumers share.

One document is one story: a lead item and, under ``related``, every other item that tells the same
story. These types are immutable values; :mod:`storyfold.front_matter` reads and writes them as
Markdown with front matter, :mod:`storyfold.schema` gives their JSON Schema.

An attribute that is None (or an empty tuple) stands for a key that is absent from the document.
Attribute names are Python's, the names on the wire are the schema's camelCase.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated

from msgspec import Meta, Struct, field

Text = Annotated[str, Meta(min_length=1)]
WebAddress = Annotated[str, Meta(pattern=r"^https?://[^\s/]")]
SLUG_PATTERN = r"[a-z0-9][a-z0-9_-]{0,62}"
"""Name of a collection. It becomes part of Redis keys, of folders and of a CloudEvents source, hence its length."""

Slug = Annotated[str, Meta(pattern=rf"^{SLUG_PATTERN}$(?!\n)")]
Instant = Annotated[datetime, Meta(tz=True)]


class StoryType(StrEnum):
    """What the lead is: a page to read or a video to watch."""

    ARTICLE = "article"
    VIDEO = "video"


class Extra(Struct, frozen=True, kw_only=True):
    """A front matter key that the schema does not know, kept as it was written.

    Attributes:
        key: the key's name.
        text: the YAML source of key and value, one or more lines, without the last line end:
            ``country: no``. It is the text that is kept, so that ``id: 0123`` stays ``0123``.
    """

    key: Text
    text: Text


class Image(Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """One picture, or one size of a logo.

    Attributes:
        url: absolute address.
        width: in pixels, None when unknown.
        height: in pixels, None when unknown.
        is_cached: whether a copy of the bytes is kept beside the story; None when nobody said.
        extras: keys that the schema does not know.
    """

    url: Text
    width: Annotated[int, Meta(ge=0)] | None = None
    height: Annotated[int, Meta(ge=0)] | None = None
    is_cached: bool | None = None
    extras: tuple[Extra, ...] = ()


class Provider(Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """Who published an item.

    Attributes:
        name: as people write it, ``Threat Post``; the domain when no better name is known.
        domain: registrable domain, lower case, ``threatpost.com``.
        images: logos, smallest first.
        extras: keys that the schema does not know.
    """

    name: Text
    domain: Text
    images: tuple[Image, ...] = ()
    extras: tuple[Extra, ...] = ()


class Related(Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """Another item on the same story, as it stands under ``related``.

    Attributes:
        title: plain text, no markup.
        excerpt: plain text.
        published_at: when the item was published, UTC, whole seconds.
        web_url: canonical address of the page; None for a video that is only an embed.
        amp_web_url: the page's AMP version.
        cdn_amp_web_url: the AMP version's address on the AMP cache.
        type: article or video.
        provider: who published the item.
        quality: score of the item, 0 or more; None before it was scored.
        images: the item's main image first.
        extras: keys that the schema does not know.
    """

    title: Text
    excerpt: str | None = None
    published_at: Instant = field(name="publishedDateTime")
    web_url: WebAddress | None = None
    amp_web_url: WebAddress | None = None
    cdn_amp_web_url: WebAddress | None = None
    type: StoryType = field()
    provider: Provider
    quality: Annotated[int, Meta(ge=0)] | None = None
    images: tuple[Image, ...] = ()
    extras: tuple[Extra, ...] = ()


class Document(Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """A story as its consumers see it. The order of the attributes is the order in the file.

    Attributes:
        category: slug of the collection that the story belongs to.
        title: plain text, no markup.
        excerpt: plain text, at most 300 characters when Storyfold wrote it.
        published_at: when the lead was published, UTC, whole seconds.
        original_url: the address as the source gave it, made absolute.
        web_url: canonical address of the page; None for a video that is only an embed.
        amp_web_url: the page's AMP version.
        cdn_amp_web_url: the AMP version's address on the AMP cache.
        type: article or video.
        quality: score of the lead, 0 or more; None before it was scored.
        heat: starts at quality, -1 when the story has gone cold; None before it was scored.
        published: False for a draft or a retired story; None before it was scored.
        featured_content: the embed of a video, an ``<iframe>``.
        provider: who published the lead.
        topics: names from the taxonomy, a child before its parent.
        images: the lead image first.
        related: the other items on the story.
        secured: private provenance, ``base64(ciphertext);base64(tag)``; see :mod:`storyfold.secured`.
        extras: keys that the schema does not know.
        content: the body after the front matter, without the empty line before it; may be "".
    """

    category: Slug
    title: Text
    excerpt: str | None = None
    published_at: Instant = field(name="publishedDateTime")
    original_url: WebAddress
    web_url: WebAddress | None = None
    amp_web_url: WebAddress | None = None
    cdn_amp_web_url: WebAddress | None = None
    type: StoryType = field()
    quality: Annotated[int, Meta(ge=0)] | None = None
    heat: Annotated[int, Meta(ge=-1)] | None = None
    published: bool | None = None
    featured_content: str | None = None
    provider: Provider
    topics: tuple[Text, ...] = ()
    images: tuple[Image, ...] = ()
    related: tuple[Related, ...] = ()
    secured: str | None = None
    extras: tuple[Extra, ...] = ()
    content: str = ""
