"""A comparison as ``stories explain A B`` tells it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from storyfold.instants import format_instant
from worker.flows.comparison import Comparison, Side


def compared_row(left: Side, right: Side, found: Comparison) -> dict[str, Any]:
    """The comparison as JSON has it."""
    match = found.match
    return {
        "a": _side_row(left),
        "b": _side_row(right),
        "same_story": found.same_story,
        "joined": [{"title": title, "why": why, "when": msgspec.to_builtins(at)} for title, why, at in found.joined],
        "kept_apart_by_a_person": found.kept_apart,
        "score": round(match.score, 4),
        "needed": round(match.needed, 4),
        "refused": match.refused or None,
        "shared": list(match.shared),
        "reasons": [msgspec.to_builtins(reason) for reason in found.reasons],
    }


def _side_row(side: Side) -> dict[str, Any]:
    item = side.item or side.story.lead
    return {
        "story": side.story.story_id,
        "item": side.item.item_id if side.item else None,
        "title": item.title,
        "provider": item.provider.name,
        "published_at": msgspec.to_builtins(item.published_at),
    }


def compared_lines(left: Side, right: Side, found: Comparison) -> Iterator[str]:
    """The comparison in words."""
    yield f"A: {left.title}"
    yield f"B: {right.title}"
    yield _verdict(left, right, found)
    for title, why, at in found.joined:
        yield f"  {title}: {why}, {format_instant(at)}"
    yield f"by likeness, as it is judged now: {found.match.why}"
    for reason in found.reasons:
        yield f"  {reason.weight:+.2f}  {reason.words} ({reason.part})"


def _verdict(left: Side, right: Side, found: Comparison) -> str:
    if found.same_story:
        return f"one story: {left.story.story_id}"
    ids = f"{left.story.story_id} and {right.story.story_id}"
    return f"two stories, {ids}" + (", because a person said so" if found.kept_apart else "")
