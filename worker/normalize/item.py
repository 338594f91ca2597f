"""From an entry to an item: the one way in to this room."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from storyfold.document import StoryType
from worker.model.entry import Entry
from worker.model.item import Item
from worker.normalize.dates import settle_date
from worker.normalize.fingerprint import compute_fingerprint, compute_item_id
from worker.normalize.images import read_images
from worker.normalize.language import detect_language
from worker.normalize.links import read_links, resolved, site_url_of
from worker.normalize.providers import Organizations
from worker.normalize.rules import NO_RULES, Rules
from worker.normalize.story_document import normalize_document
from worker.normalize.taxonomy import Taxonomy
from worker.normalize.text import clean_text
from worker.normalize.urls import comparison_key
from worker.normalize.video import Video, build_embed, find_entry_video
from worker.normalize.words import MAX_READ_CHARS, read_words
from worker.score.quality import score_item

MAX_LABELS = 20
MAX_LABEL_CHARS = 100


class Context(Struct, frozen=True, kw_only=True):
    """What normalizing needs besides the entry; the same for all entries of a collection.

    Attributes:
        collection: slug of the collection.
        taxonomy: topics to match.
        organizations: registered publishers.
        rules: of the operator.
    """

    collection: str
    taxonomy: Taxonomy
    organizations: Organizations
    rules: Rules = NO_RULES


def normalize(entry: Entry, *, now: datetime, context: Context) -> Item:
    """The item that an entry tells of.

    A story document keeps every value that it gives; all other entries go through the rules of this room.

    Args:
        entry: as parsed.
        now: our clock, aware UTC.
        context: taxonomy, registry and collection.

    Raises:
        SourceError: the entry cannot become an item: ``no-link``, it has no absolute http(s) address;
            ``no-title``, it has neither a title nor any text.
        BlockedError: a rule of the operator wants no item of it.
    """
    if entry.document is not None:
        item = normalize_document(entry, entry.document, now=now)
        return _ruled(item, entry.document.content, entry.rules, now, context) if context.rules else item
    links = read_links(entry)
    date = settle_date(entry.published, entry.updated, now)
    provider, provider_how = context.organizations.name_provider(
        links.web,
        stated_name=entry.provider_name,
        stated_url=resolved(entry, entry.provider_url),
        site_url=site_url_of(entry.feed_url, entry.site_url),
        feed_url=entry.feed_url,
    )
    words = read_words(entry, (provider.name, provider.domain, entry.feed_title, entry.provider_name))
    language = detect_language(entry.language, f"{words.title} {words.excerpt}")
    video, is_embed_only = find_entry_video(entry, links.web, has_text=bool(words.text))
    images = read_images(entry, video.image_url if video else "")
    labels = _labels(entry)
    topics = context.taxonomy.match(words.title, words.excerpt, labels)
    fingerprint = compute_fingerprint(
        words.title, words.text, None if date.how in ("first-seen", "clamped") else date.at
    )
    item = Item(
        item_id=compute_item_id(links.page_key, entry.feed_url, entry.guid, provider.domain, fingerprint),
        collection=context.collection,
        source=entry.source,
        title=words.title,
        excerpt=words.excerpt,
        published_at=date.at,
        original_url=links.original,
        web_url=None if is_embed_only else links.web,
        amp_web_url=links.amp,
        cdn_amp_web_url=links.cdn_amp,
        type=StoryType.VIDEO if video else StoryType.ARTICLE,
        provider=provider,
        topics=topics,
        labels=labels,
        images=images,
        featured_content=build_embed(video, words.title) if video else None,
        text_chars=max(len(entry.content), len(entry.summary)),
        author=clean_text(entry.author),
        language=language.tag,
        feed_url=entry.feed_url,
        guid=entry.guid,
        url_keys=_with_player(links.keys, video) if video and is_embed_only else links.keys,
        fingerprint=fingerprint,
        first_seen_at=now.replace(microsecond=0),
        provenance={
            "published_at": date.how,
            "provider": provider_how,
            "web_url": links.how,
            **({"language": language.how} if language.how else {}),
        },
    )
    if context.rules:
        item = _ruled(item, words.text, entry.rules, now, context)
    return replace(item, quality=score_item(item).points)


def _ruled(item: Item, text: str, named: tuple[str, ...], now: datetime, context: Context) -> Item:
    return context.rules.allowed(item, text=clean_text(text[:MAX_READ_CHARS]), now=now, named=named)


def _with_player(keys: tuple[str, ...], video: Video) -> tuple[str, ...]:
    """The keys with that of the player: one video has many addresses (watch, shorts, youtu.be), but one player."""
    return tuple(sorted({*keys, comparison_key(video.embed_url)}))


def _labels(entry: Entry) -> tuple[str, ...]:
    """The source's categories as plain text, without repeats; one longer than 100 characters is no label."""
    labels = (clean_text(label) for label in entry.categories[:MAX_LABELS])
    return tuple(dict.fromkeys(label for label in labels if 0 < len(label) <= MAX_LABEL_CHARS))
