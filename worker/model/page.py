"""What was learned about an item after it came: from its page, and of its images."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct

from worker.model.entry import Media


class PageFacts(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a page says of itself. Texts are plain, "" stands for absent, URLs are absolute http(s) ones.

    Attributes:
        url: where the page lies, after redirects.
        canonical_url: ``rel=canonical``, when there is one that is well-formed. Whether it is believed is decided
            with the item.
        amp_url: ``rel=amphtml``.
        is_amp: the page is itself an AMP page.
        title: of the article.
        excerpt: description, or the first words of the article; not yet cut.
        published: date text as the page gives it.
        updated: likewise.
        site_name: name that the publisher gives itself.
        author: name.
        language: BCP 47 tag.
        images: candidates in order of preference, as declared.
        video_url: player that the page declares for itself.
        text_chars: length of the article's text in characters, 0 when it was not found.
        is_free: whether the page says that reading it costs nothing (``isAccessibleForFree``); None when it does not
            say.
        is_reserved: the page asks not to be kept or mined (``noarchive``, ``tdm-reservation``, ...): nothing but its
            addresses may be used.
        obtained: attribute of this class -> where on the page it stood (``jsonld``, ``og``, ``twitter``, ``meta``,
            ``html``, ``microdata``, ``link``).
    """

    url: str
    canonical_url: str = ""
    amp_url: str = ""
    is_amp: bool = False
    title: str = ""
    excerpt: str = ""
    published: str = ""
    updated: str = ""
    site_name: str = ""
    author: str = ""
    language: str = ""
    images: tuple[Media, ...] = ()
    video_url: str = ""
    text_chars: int = 0
    is_free: bool | None = None
    is_reserved: bool = False
    obtained: dict[str, str] = {}


class ImageFacts(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is known of an image by its bytes.

    Attributes:
        url: as it stands in documents.
        width: in pixels as shown (turned by its EXIF orientation), None when unknown.
        height: likewise.
        digest: SHA-256 of the bytes in the cache, 64 hexadecimal characters; "" when they are not cached.
        failure: why nothing could be learned (``http-404``, ``blocked``, ``not-an-image``, ...); "" when it could.
        checked_at: our clock.
    """

    url: str
    width: int | None = None
    height: int | None = None
    digest: str = ""
    failure: str = ""
    checked_at: datetime


class Enrichment(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What was learned about one item; goes through the lane like the item itself.

    Attributes:
        item_id: the item.
        page: facts of its page, None when it was not read.
        images: facts of its images.
    """

    item_id: str
    page: PageFacts | None = None
    images: tuple[ImageFacts, ...] = ()
