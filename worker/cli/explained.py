"""A story explained: why each item is in it, and how quality, heat and published came about."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import msgspec

from storyfold.instants import format_instant
from worker.model.story import Member, Story
from worker.score.heat import COLD, HALF_LIVES_TO_COLD, age_of, cold_instant, cooled_heat
from worker.score.publishing import decide_published
from worker.score.quality import GIVEN, MOST, explain_item, explain_story, provider_count


def explained_rows(story: Story, now: datetime, half_life: timedelta) -> list[dict[str, Any]]:
    """One row an item, as JSON has it; each holds what concerns the whole story under ``story``."""
    whole = explained_story(story, now, half_life)
    return [{**_member_row(member, story), "story": whole} for member in story.members]


def explained_story(story: Story, now: datetime, half_life: timedelta) -> dict[str, Any]:
    """Quality with its parts, heat with its steps, and published with its reason."""
    score = explain_story(story)
    heat: dict[str, Any] = {
        "value": story.heat,
        "given": _heat_is_given(story),
        "half_life_hours": half_life.total_seconds() / 3600,
        "newest_item_at": story.last_at,
        "newest_member_at": story.grown_at,
        "age": age_of(story.last_at, now, half_life),
        "halvings": _halvings(story, now, half_life),
        "next_at": story.cools_at,
        "next_value": story.cools_at and cooled_heat(story, max(now, story.cools_at), half_life).value,
    }
    published = decide_published(story, was_published=story.published)
    return {
        "id": story.story_id,
        "quality": score.points,
        "parts": score.parts,
        "providers": provider_count(story),
        "heat": {name: msgspec.to_builtins(value) for name, value in heat.items()},
        "published": story.published,
        "published_why": published.why,
    }


def explained_lines(story: Story, now: datetime, half_life: timedelta) -> Iterator[str]:
    """The same in words."""
    score = explain_story(story)
    yield f"quality {score.points}: {_parts_in_words(score.parts)}"
    if "coverage" in score.parts:
        yield f"  coverage: {_counted(provider_count(story), 'provider')}"
    yield f"heat {story.heat}: {_heat_in_words(story, now, half_life)}"
    why = decide_published(story, was_published=story.published).why
    yield f"published: {'yes' if story.published else 'no'}, {why}"
    for member in story.members:
        item, row = member.item, _member_row(member, story)
        yield f"{'lead' if row['lead'] else 'related'}: {item.title} ({item.provider.name})"
        yield f"  {member.why}, {format_instant(member.joined_at)}"
        yield f"  quality {row['quality']}: {_parts_in_words(row['parts'])}"
        if item.provenance:
            obtained = ", ".join(f"{name} {how}" for name, how in sorted(item.provenance.items()))
            yield f"  obtained: {obtained}"


def _member_row(member: Member, story: Story) -> dict[str, Any]:
    item = member.item
    score = explain_item(item)
    return {
        "item": item.item_id,
        "title": item.title,
        "provider": item.provider.name,
        "lead": item.item_id == story.lead_id,
        "why": member.why,
        "when": msgspec.to_builtins(member.joined_at),
        "quality": score.points,
        "parts": score.parts,
        "obtained": dict(sorted(item.provenance.items())),
    }


def _parts_in_words(parts: dict[str, int]) -> str:
    if GIVEN in parts:
        return "given by its document"
    return ", ".join(
        f"{name} {points}" + (f" of {MOST[name]}" if name in MOST else "") for name, points in parts.items()
    )


def _heat_in_words(story: Story, now: datetime, half_life: timedelta) -> str:
    if story.merged_into:
        return f"as it was when {story.merged_into} took the story in"
    cold_at = cold_instant(story.last_at, half_life)
    if _heat_is_given(story):
        end = f"; cold from {format_instant(cold_at)}" if story.cools_at else ", and stays so"
        return f"given by its document{end}"
    hours = f"{half_life.total_seconds() / 3600:g} hours"
    if story.heat == COLD or story.cools_at is None:
        return (
            f"cold since {format_instant(cold_at)}, {HALF_LIVES_TO_COLD} half-lives of {hours} after its newest item"
        )
    halved = _halvings(story, now, half_life)
    told = f"the quality, halved {_counted(halved, 'time')}" if halved else "the quality"
    value = cooled_heat(story, story.cools_at, half_life).value
    return f"{told}; {value} from {format_instant(story.cools_at)} (a half-life is {hours})"


def _halvings(story: Story, now: datetime, half_life: timedelta) -> int:
    """How often the stored heat has been halved, which is as of the step before ``cools_at``."""
    if story.cools_at is None or _heat_is_given(story):
        return 0
    at = min(max(now, story.updated_at), story.cools_at - timedelta.resolution)
    return max(0, age_of(story.last_at, at, half_life) - age_of(story.last_at, story.grown_at, half_life))


def _heat_is_given(story: Story) -> bool:
    given = story.lead.given
    return given is not None and given.heat is not None and given.heat == story.heat


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
