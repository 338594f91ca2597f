"""Judge: verdicts on its items become the next state of a story."""

from __future__ import annotations

from datetime import datetime, timedelta

from msgspec.structs import replace

from worker.fold.apply import settle
from worker.fold.lead import rank
from worker.model.item import Item
from worker.model.story import Member, Story
from worker.model.verdict import Judgement, Verdict
from worker.score.quality import score_item


def judge(story: Story, judgement: Judgement, *, now: datetime, half_life: timedelta) -> Story:
    """The story after verdicts on its items.

    An item that goes leaves its claims behind, so that it stays known. The story that all leave is retired, with its
    members as they were. When the lead goes, the best of the others takes its place, and what a document fixed for
    the story goes with it. Heat and the like are settled anew only when something changed that they rest on.
    """
    verdicts = {verdict.item_id: verdict for verdict in judgement.verdicts}
    pairs = [(member, _verdict_on(member.item, verdicts)) for member in story.members]
    members = tuple(_judged(member, verdict) for member, verdict in pairs if not (verdict and verdict.gone))
    if not members:
        why = next(verdict.gone for _, verdict in pairs if verdict)
        return replace(story, retired=why, published=False, cools_at=None)
    after = _with_lead(story, members)
    if _weight(after) == _weight(story):
        return after
    return settle(after, [story], now, half_life)


def _verdict_on(item: Item, verdicts: dict[str, Verdict]) -> Verdict | None:
    verdict = verdicts.get(item.item_id)
    return verdict if verdict is not None and verdict.fingerprint == item.fingerprint else None


def _judged(member: Member, verdict: Verdict | None) -> Member:
    if verdict is None:
        return member
    item = member.item
    others = {name: how for name, how in item.provenance.items() if name != "rules"}
    provenance = {**others, "rules": verdict.rules} if verdict.rules else others
    after = replace(item, topics=verdict.topics, provenance=provenance)
    if after.topics != item.topics and item.provenance.get("quality") != "given":
        after = replace(after, quality=score_item(after).points)
    return member if after == item else replace(member, item=after)


def _with_lead(story: Story, members: tuple[Member, ...]) -> Story:
    after = replace(story, members=members)
    if after.member(story.lead_id) is not None:
        return after
    # a related video that a document named without any address cannot stand for a story
    able = [member.item for member in members if member.item.original_url] or [member.item for member in members]
    lead_id = min(able, key=rank).item_id
    return replace(after, lead_id=lead_id, pinned=False, secured=None, extras=(), content="")


def _weight(story: Story) -> list[tuple[str, int]]:
    """What lead, heat and publishing rest on."""
    return [(item.item_id, item.quality) for item in story.items]
