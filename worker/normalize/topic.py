"""A topic as a person writes it down, and what is found of it in texts."""

from __future__ import annotations

from msgspec import Struct


class Keyword(Struct, frozen=True, kw_only=True):
    """A word or phrase that tells of a topic.

    Attributes:
        text: as people write it.
        weight: multiplies its points; below 0.67 a title alone does not tag, from 2 on an excerpt alone does.
        case: whether it matches only as written; None for the rule, which looks at its capitals.
    """

    text: str
    weight: float = 1.0
    case: bool | None = None


class Topic(Struct, frozen=True, kw_only=True):
    """One label of the taxonomy.

    Attributes:
        name: as it stands in documents.
        parent: name of the wider topic, "" when there is none.
        keywords: words or phrases that tell of the topic; a plain text is a keyword of weight 1.
        hashtags: with or without the leading ``#``.
    """

    name: str
    parent: str = ""
    keywords: tuple[str | Keyword, ...] = ()
    hashtags: tuple[str, ...] = ()


class Found(Struct, frozen=True, kw_only=True):
    """One thing that tells of a topic.

    Attributes:
        keyword: as it stands in the taxonomy, a hashtag with its sign.
        place: ``title``, ``excerpt``, ``label`` or ``hashtag``.
        points: that it gives.
    """

    keyword: str
    place: str
    points: float


class TopicScore(Struct, frozen=True, kw_only=True):
    """How a topic stands with some texts.

    Attributes:
        name: of the topic.
        points: sum of what was found.
        is_tagged: an item with these texts has the topic.
        brought_by: narrower topics that bring it along, when its own points are too few.
        found: the best first.
    """

    name: str
    points: float
    is_tagged: bool
    brought_by: tuple[str, ...] = ()
    found: tuple[Found, ...] = ()
