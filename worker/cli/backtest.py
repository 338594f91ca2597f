"""``backtest``: what other settings of folding would have made of the items of the last days."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any

import typer
from msgspec.structs import replace
from rich.progress import Progress

from worker.cli.checked import collection_name
from worker.cli.output import console, errors, print_json
from worker.cli.session import open_engine
from worker.flows.backtest import Backtest, backtest
from worker.flows.engine import Engine
from worker.fold.match import FoldRules
from worker.fold.regrouped import Regrouping
from worker.model.item import Item

_TITLES_A_PART = 3


def backtest_command(
    threshold: Annotated[
        float | None, typer.Option("--threshold", min=0.01, max=1.0, help="Instead of STORYFOLD_FOLD_THRESHOLD.")
    ] = None,
    window_hours: Annotated[
        float | None, typer.Option("--window-hours", min=0.1, help="Instead of STORYFOLD_FOLD_WINDOW_HOURS.")
    ] = None,
    max_span_hours: Annotated[
        float | None, typer.Option("--max-span-hours", min=0.1, help="Instead of STORYFOLD_FOLD_MAX_SPAN_HOURS.")
    ] = None,
    days: Annotated[int, typer.Option("--days", min=1, help="Of items, before the newest stored one.")] = 14,
    samples: Annotated[int, typer.Option("--samples", min=0, help="Merges and splits shown, of each.")] = 10,
    category: Annotated[str | None, typer.Option("--category", callback=collection_name, help="Collection.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON value on stdout.")] = False,
) -> None:
    """Fold stored items again under other settings, and show what would merge or split. Nothing is changed.

    Without an option, the stored stories are compared with what the settings of now would make of their items.
    """
    with open_engine() as engine:
        rules = _tried(engine.fold_rules(), threshold, window_hours, max_span_hours)
        done = _run(engine, category or engine.settings.collection, rules, days)
    if as_json:
        print_json(backtest_row(done, samples))
        return
    for line in backtest_lines(done, samples):
        console.print(line, markup=False)


def _tried(rules: FoldRules, threshold: float | None, window: float | None, max_span: float | None) -> FoldRules:
    if threshold is not None:
        rules = replace(rules, threshold=threshold)
    if window is not None:
        rules = replace(rules, window=timedelta(hours=window))
    return rules if max_span is None else replace(rules, max_span=timedelta(hours=max_span))


def _run(engine: Engine, collection: str, rules: FoldRules, days: int) -> Backtest:
    with Progress(console=errors, transient=True) as progress:
        bar = progress.add_task("replaying", total=None)
        return backtest(engine, collection, rules, days=days, on_item=lambda: progress.advance(bar))


def backtest_row(done: Backtest, samples: int) -> dict[str, Any]:
    """The outcome as JSON has it."""
    found = done.found
    return {
        "collection": done.collection,
        "items": len(done.items),
        "rules": _rules_row(done.rules),
        "compared_with": _rules_row(done.compared_with) if done.compared_with else "the stored stories",
        "stories_before": found.stories_before,
        "stories_after": found.stories_after,
        "joined_pairs": found.joined_pairs,
        "parted_pairs": found.parted_pairs,
        "merges": len(found.merges),
        "splits": len(found.splits),
        "merge_samples": [_sample_row(each, done.items) for each in found.merges[:samples]],
        "split_samples": [_sample_row(each, done.items) for each in found.splits[:samples]],
    }


def _rules_row(rules: FoldRules) -> dict[str, float]:
    return {
        "threshold": rules.threshold,
        "window_hours": rules.window.total_seconds() / 3600,
        "max_span_hours": rules.max_span.total_seconds() / 3600,
    }


def _sample_row(regrouping: Regrouping, items: dict[str, Item]) -> list[list[dict[str, str]]]:
    return [[_item_row(items[item_id]) for item_id in part] for part in regrouping.parts]


def _item_row(item: Item) -> dict[str, str]:
    return {"title": item.title, "provider": item.provider.name, "url": item.web_url or item.original_url}


def backtest_lines(done: Backtest, samples: int) -> list[str]:
    """The outcome in words."""
    found = done.found
    against = f"with {_in_words(done.compared_with)}" if done.compared_with else "as stored"
    stories = f"{found.stories_before} stories {against}, {found.stories_after} with {_in_words(done.rules)}"
    merged, split = _stories(len(found.merges)), _stories(len(found.splits))
    lines = [
        f"{len(done.items)} items: {stories}",
        f"would merge: {merged} out of several, {found.joined_pairs} pairs of items joined",
        f"would split: {split}, {found.parted_pairs} pairs of items parted",
    ]
    for word, regroupings in (("merge", found.merges), ("split", found.splits)):
        for regrouping in regroupings[:samples]:
            lines.append(f"{word}: {len(regrouping.parts)} parts")
            lines += [line for part in regrouping.parts for line in _part_lines(part, done.items)]
    return lines


def _in_words(rules: FoldRules) -> str:
    row = _rules_row(rules)
    return f"threshold {row['threshold']:g}, window {row['window_hours']:g} h, span {row['max_span_hours']:g} h"


def _part_lines(part: tuple[str, ...], items: dict[str, Item]) -> list[str]:
    first, *others = part[:_TITLES_A_PART]
    lines = [f"  - {items[first].title} ({items[first].provider.name})"]
    lines += [f"    {items[each].title} ({items[each].provider.name})" for each in others]
    more = len(part) - _TITLES_A_PART
    return [*lines, f"    and {more} more"] if more > 0 else lines


def _stories(number: int) -> str:
    return "1 story" if number == 1 else f"{number} stories"
