"""``topics``: the taxonomy, and why a text has its topics."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
import typer

from config.settings import load_settings
from worker.cli.output import console, print_json
from worker.flows.engine import Engine
from worker.normalize.excerpt import cut_excerpt
from worker.normalize.taxonomy import THRESHOLD
from worker.normalize.text import plain_text
from worker.normalize.topic import Keyword, Topic, TopicScore

app = typer.Typer(help="The taxonomy, and why a text has its topics.", no_args_is_help=True)

AsJson = Annotated[bool, typer.Option("--json", help="One JSON value on stdout.")]


@app.command("list")
def list_topics(as_json: AsJson = False) -> None:
    """All topics with their keywords, each below the wider one."""
    taxonomy = Engine(load_settings()).configuration.taxonomy
    rows = [_topic_row(topic) for topic in taxonomy.topics]
    if as_json:
        print_json(rows)
        return
    children: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        children.setdefault(row["parent"] or "", []).append(row)
    _print_below("", children, 0)


@app.command("test")
def explain(
    text: Annotated[str, typer.Argument(help="The excerpt, as text or HTML; may be empty.")],
    title: Annotated[str, typer.Option(help="The title.")] = "",
    label: Annotated[list[str] | None, typer.Option(help="A category of the source; may be repeated.")] = None,
    as_json: AsJson = False,
) -> None:
    """Which topics a text has, and why: what was found where, and what stayed below the threshold."""
    taxonomy = Engine(load_settings()).configuration.taxonomy
    scores = taxonomy.explain(plain_text(title), cut_excerpt(plain_text(text)), tuple(label or ()))
    if as_json:
        print_json(
            {
                "topics": [score.name for score in scores if score.is_tagged],
                "threshold": THRESHOLD,
                "scores": [msgspec.to_builtins(score) for score in scores],
            }
        )
        return
    for score in scores:
        console.print(_line(score), markup=False)
    if not scores:
        console.print("nothing of any topic was found")


def _topic_row(topic: Topic) -> dict[str, Any]:
    return {
        "name": topic.name,
        "parent": topic.parent or None,
        "keywords": [
            msgspec.to_builtins(each) if isinstance(each, Keyword) else {"text": each, "weight": 1.0, "case": None}
            for each in topic.keywords
        ],
        "hashtags": list(topic.hashtags),
    }


def _print_below(parent: str, children: dict[str, list[dict[str, Any]]], depth: int) -> None:
    for row in children.get(parent, ()):
        words = ", ".join([each["text"] for each in row["keywords"]] + row["hashtags"])
        console.print(f"{'  ' * depth}{row['name']}: {words}", markup=False)
        _print_below(row["name"], children, depth + 1)


def _line(score: TopicScore) -> str:
    verdict = "tagged" if score.is_tagged else "not tagged"
    if score.brought_by:
        verdict = f"brought by {', '.join(score.brought_by)}"
    why = ", ".join(f"{each.keyword} ({each.place} {each.points:g})" for each in score.found)
    points = f"{score.points:g} of {THRESHOLD:g} points"
    return f"{score.name}: {verdict}, {points}{': ' if why else ''}{why}"
