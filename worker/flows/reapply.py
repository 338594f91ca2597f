"""Reapply: topics and rules are asked again about what is stored.

Whoever asks judges every stored item by the topics and rules that it has read itself, and sends the verdicts through
the lanes. So it makes no difference which process holds a lane, and which rules that one has read.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from datetime import datetime
from functools import cache, partial

from msgspec import Struct
from msgspec.structs import replace

from worker.flows.engine import Engine
from worker.model.feed import feed_id_of
from worker.model.item import Item
from worker.model.story import Member, Story
from worker.model.verdict import Judgement, Verdict
from worker.normalize.rules import Rules, is_of_document
from worker.normalize.taxonomy import Taxonomy

PUSHED_AT_ONCE = 500


class Reapplied(Struct, frozen=True, kw_only=True):
    """What asking again comes to, in one collection.

    Attributes:
        collection: of the stories.
        items: that were looked at.
        retagged: items whose topics change.
        blocked: items that leave because a rule blocks them.
        moved: items that leave for another collection.
        retired: stories of which no item is left.
        judgements: verdicts on every item for which anything is different, by story.
        elsewhere: the items that move, as they are in their new collections.
    """

    collection: str
    items: int = 0
    retagged: int = 0
    blocked: int = 0
    moved: int = 0
    retired: int = 0
    judgements: tuple[Judgement, ...] = ()
    elsewhere: tuple[Item, ...] = ()


class _Judged(Struct, frozen=True, kw_only=True):
    """A member and what is to become of it; ``elsewhere`` is the item in its new collection."""

    member: Member
    verdict: Verdict
    elsewhere: Item | None = None

    @property
    def is_retagged(self) -> bool:
        return not self.verdict.gone and self.verdict.topics != self.member.item.topics

    @property
    def is_different(self) -> bool:
        rules = self.member.item.provenance.get("rules", "")
        return bool(self.verdict.gone) or self.is_retagged or self.verdict.rules != rules


def plan(engine: Engine, collection: str, on_story: Callable[[], None] = lambda: None) -> Reapplied:
    """What asking again comes to; nothing is written. ``on_story`` is called for every story."""
    found = Reapplied(collection=collection)
    judgements: list[Judgement] = []
    elsewhere: list[Item] = []
    rules = engine.configuration.rules
    named_by = cache(partial(_rules_of_feed, engine)) if rules.names_count else _no_rules
    for story in engine.stories(collection).all():
        judged = judge_story(story, engine.configuration.taxonomy, rules, engine.clock(), named_by)
        found = _sum(found, judged)
        verdicts = tuple(each.verdict for each in judged if each.is_different)
        if verdicts:
            judgements.append(Judgement(story_id=story.story_id, verdicts=verdicts))
        elsewhere += [each.elsewhere for each in judged if each.elsewhere]
        on_story()
    return replace(found, judgements=tuple(judgements), elsewhere=tuple(elsewhere))


def carry_out(engine: Engine, planned: Reapplied) -> tuple[str, ...]:
    """Put the verdicts into the lanes; returns the collections whose lanes got something.

    Items that move are put into their new lanes first. Should the process die in between, they are in both
    collections until it is done again.
    """
    lanes: defaultdict[str, list[Item]] = defaultdict(list)
    for item in planned.elsewhere:
        lanes[item.collection].append(item)
    for collection, items in lanes.items():
        engine.lane(collection).push(sorted(items, key=lambda item: (item.published_at, item.item_id)))
    engine.lane(planned.collection).push_judgements(planned.judgements)
    return tuple(sorted({*lanes, planned.collection}))


def _rules_of_feed(engine: Engine, feed_url: str) -> tuple[str, ...]:
    """The rules that a feed names in its settings; of one that is followed no more, none."""
    for collection in engine.collections() if feed_url else ():
        for feed in engine.feeds(collection).load([feed_id_of(feed_url)]):
            return feed.rules
    return ()


def _no_rules(_: str) -> tuple[str, ...]:
    return ()


def judge_story(
    story: Story,
    taxonomy: Taxonomy,
    rules: Rules,
    now: datetime,
    named_by: Callable[[str], tuple[str, ...]] = _no_rules,
) -> list[_Judged]:
    """What is to become of each member; ``named_by`` gives the rules that the feed at an address names.

    The related items of a document are not judged by themselves; they go where its lead goes.
    """
    judged = [_judge(member, taxonomy, rules, now, named_by) for member in story.members]
    lead = next((each for each in judged if each.member.item.given is not None and each.verdict.gone), None)
    if lead is None:
        return judged
    return [_with_its_document(each, lead) for each in judged]


def _judge(
    member: Member, taxonomy: Taxonomy, rules: Rules, now: datetime, named_by: Callable[[str], tuple[str, ...]]
) -> _Judged:
    item = member.item
    if is_of_document(item) and item.given is None:
        return _Judged(member=member, verdict=_unchanged(item))
    if item.given is None:
        item = replace(item, topics=taxonomy.match(item.title, item.excerpt, item.labels))
    ruling = rules.apply(item, text=None, now=now, named=named_by(item.feed_url))
    after = ruling.item
    verdict = Verdict(
        item_id=item.item_id,
        fingerprint=item.fingerprint,
        topics=after.topics if after else (),
        rules=", ".join(each.name for each in ruling.applied),
    )
    last = ruling.applied[-1].name if ruling.applied else ""
    if after is None:
        return _Judged(member=member, verdict=replace(verdict, gone=f"blocked by the rule {last!r}"))
    if after.collection != item.collection:
        return _Judged(member=member, verdict=replace(verdict, gone=f"moved to {after.collection}"), elsewhere=after)
    return _Judged(member=member, verdict=verdict)


def _unchanged(item: Item) -> Verdict:
    return Verdict(
        item_id=item.item_id,
        fingerprint=item.fingerprint,
        topics=item.topics,
        rules=item.provenance.get("rules", ""),
    )


def _with_its_document(judged: _Judged, lead: _Judged) -> _Judged:
    item = judged.member.item
    if item.given is not None or not is_of_document(item) or judged.verdict.gone:
        return judged
    moved = replace(item, collection=lead.elsewhere.collection) if lead.elsewhere else None
    return replace(judged, verdict=replace(judged.verdict, gone=lead.verdict.gone), elsewhere=moved)


def _sum(found: Reapplied, judged: list[_Judged]) -> Reapplied:
    gone = sum(bool(each.verdict.gone) for each in judged)
    moved = sum(each.elsewhere is not None for each in judged)
    return replace(
        found,
        items=found.items + len(judged),
        retagged=found.retagged + sum(each.is_retagged for each in judged),
        blocked=found.blocked + gone - moved,
        moved=found.moved + moved,
        retired=found.retired + (gone == len(judged)),
    )
