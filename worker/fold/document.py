"""Story to document: what the consumers of a story see."""

from __future__ import annotations

from typing import Any

import msgspec

from storyfold.document import Document, Related
from storyfold.secured import seal
from worker.model.item import Item
from worker.model.story import Story
from worker.score.quality import story_quality


def build_document(story: Story, secured_key: bytes | None = None) -> Document:
    """The document of a story as it stands.

    Args:
        story: not one that was merged away.
        secured_key: seals the private provenance; None leaves it out. A private part that a dropped
            document brought is kept as it is.
    """
    lead = story.lead
    secured = story.secured or (seal(private_part(story), secured_key) if secured_key else None)
    return Document(
        category=story.collection,
        title=lead.title,
        excerpt=lead.excerpt or None,
        published_at=lead.published_at,
        original_url=lead.original_url,
        web_url=lead.web_url,
        amp_web_url=lead.amp_web_url,
        cdn_amp_web_url=lead.cdn_amp_web_url,
        type=lead.type,
        quality=story_quality(story),
        heat=story.heat,
        published=story.published,
        featured_content=lead.featured_content,
        provider=lead.provider,
        topics=lead.topics,
        images=lead.images,
        related=tuple(build_related(item) for item in story.items if item.item_id != story.lead_id),
        secured=secured,
        extras=story.extras,
        content=story.content,
    )


def build_related(item: Item) -> Related:
    """An item as it stands under ``related``."""
    return Related(
        title=item.title,
        excerpt=item.excerpt or None,
        published_at=item.published_at,
        web_url=item.web_url,
        amp_web_url=item.amp_web_url,
        cdn_amp_web_url=item.cdn_amp_web_url,
        type=item.type,
        provider=item.provider,
        quality=item.quality,
        images=item.images,
    )


def private_part(story: Story) -> dict[str, Any]:
    """What is sealed into ``secured``: for each item where it came from and how its fields were obtained."""
    return {
        "items": [
            {
                "id": item.item_id,
                "feed": item.feed_url,
                "entry": item.guid,
                "source": str(item.source),
                "firstSeen": msgspec.to_builtins(item.first_seen_at),
                "language": item.language,
                "obtained": dict(sorted(item.provenance.items())),
            }
            for item in story.items
        ]
    }
