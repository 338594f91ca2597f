"""Comparison: why two items are in one story, or why they are not."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct

from worker.flows.engine import Engine
from worker.flows.window import Window
from worker.fold.match import Match, WordMatcher
from worker.fold.override import barred
from worker.fold.reasons import Reason, reasons_of
from worker.model.item import Item
from worker.model.story import Member, Story


class Side(Struct, frozen=True, kw_only=True):
    """One of the two that are compared.

    Attributes:
        story: that holds it.
        item: that was named; None when the whole story was.
    """

    story: Story
    item: Item | None = None

    @property
    def title(self) -> str:
        """Of the item, or of the story's lead."""
        return (self.item or self.story.lead).title

    @property
    def members(self) -> Sequence[Member]:
        """The member that was named, or all."""
        return [each for each in self.story.members if self.item is None or each.item.item_id == self.item.item_id]


class Comparison(Struct, frozen=True, kw_only=True):
    """What two have to do with each other.

    Attributes:
        same_story: one story holds both.
        joined: title, reason and time of joining of each that was named, when one story holds both.
        match: the score that they would have today, with the rule that forbids it.
        reasons: the parts of the score in words.
        kept_apart: a person said that they are never one story.
    """

    same_story: bool
    joined: tuple[tuple[str, str, datetime], ...]
    match: Match
    reasons: tuple[Reason, ...]
    kept_apart: bool


def compare(engine: Engine, left: Side, right: Side) -> Comparison:
    """Compare two sides that lie in one collection, under the settings and with the vocabulary of now."""
    match = _match(engine, left, right)
    same = left.story.story_id == right.story.story_id
    joined = [*left.members, *right.members] if same and left.item and right.item else []
    return Comparison(
        same_story=same,
        joined=tuple((each.item.title, each.why, each.joined_at) for each in joined),
        match=match,
        reasons=reasons_of(match),
        kept_apart=_kept_apart(engine, left, right),
    )


def _match(engine: Engine, left: Side, right: Side) -> Match:
    collection, rules = left.story.collection, engine.fold_rules()
    window: Window = engine.window(collection)
    window.catch_up()
    index = window.reach_to((left.item or left.story.lead).published_at)
    matcher = WordMatcher(rules)
    if left.item is None:
        return matcher.compare_stories(left.story, _as_story(right), index)
    return matcher.compare(left.item, _as_story(right), index)


def _as_story(side: Side) -> Story:
    """The story, or the named item as a story of its own when its story also holds the other side."""
    if side.item is None:
        return side.story
    members = tuple(side.members)
    return Story(
        story_id=side.story.story_id,
        collection=side.story.collection,
        revision=0,
        path="",
        lead_id=side.item.item_id,
        members=members,
        created_at=side.story.created_at,
        updated_at=side.story.updated_at,
    )


def _kept_apart(engine: Engine, left: Side, right: Side) -> bool:
    ids = {member.item.item_id: "right" for member in right.members}
    own = [member.item.item_id for member in left.members]
    overrides = engine.stories(left.story.collection).overrides.load(own)
    if left.item is not None:
        return "right" in barred(left.item, overrides, ids)
    return "right" in barred(left.story, overrides, ids)
