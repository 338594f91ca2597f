"""``stories merge``, ``split``, ``pin`` and ``never-fold``: a person has the last word on folding."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from worker.cli.output import USAGE, console, fail, print_json
from worker.cli.session import open_engine
from worker.cli.stories_found import find_item, item_of, living_story
from worker.flows.engine import Engine
from worker.flows.ordering import give_orders
from worker.fold.override import forbidden_pair
from worker.model.override import MOST_ITEMS, MOST_REASON_CHARACTERS, Order, OrderKind
from worker.model.story import Story

StoryName = Annotated[str, typer.Argument(help="Story id, or the address of one of its items.")]
Url = Annotated[str, typer.Argument(help="Address of an item.")]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON value on stdout.")]


def _checked_reason(value: str) -> str:
    text = " ".join(value.split())
    if len(text) > MOST_REASON_CHARACTERS:
        raise typer.BadParameter(
            f"a reason has at most {MOST_REASON_CHARACTERS} characters, this one has {len(text)}"
        )
    return text


Reason = Annotated[
    str, typer.Option("--reason", callback=_checked_reason, help="Why; it stands in the events and in the history.")
]


def merge(first: StoryName, second: StoryName, reason: Reason = "", as_json: AsJson = False) -> None:
    """Make two stories one, for ever. The older one stays."""
    with open_engine() as engine:
        left, right = living_story(engine, first), living_story(engine, second)
        if left.collection != right.collection:
            fail(f"{left.story_id} is in {left.collection}, {right.story_id} in {right.collection}: two collections")
        if left.story_id == right.story_id:
            fail(f"{first} and {second} are one story already: {left.story_id}")
        _check_may_merge(engine, left, right)
        items = [*_ids(left)[: MOST_ITEMS // 2], *_ids(right)[: MOST_ITEMS // 2]]
        _order(engine, left.collection, OrderKind.TOGETHER, items, reason)
        after = [living_story(engine, story.story_id) for story in (left, right)]
        if after[0].story_id != after[1].story_id:
            fail("they are still two stories; see `storyfold queue dead` and try again")
    _print("merged", left.collection, [after[0]], reason, as_json)


def _check_may_merge(engine: Engine, left: Story, right: Story) -> None:
    items = {item.item_id: item for story in (left, right) for item in story.items}
    pair = forbidden_pair(items, engine.stories(left.collection).overrides.load(items))
    if pair:
        urls = " ".join(items[item_id].original_url for item_id in pair)
        fail(f"a person keeps two of their items apart; first `storyfold stories never-fold --forget {urls}`")


def split(story: StoryName, url: Url, reason: Reason = "", as_json: AsJson = False) -> None:
    """Take an item out of its story, for ever. It becomes a story of its own."""
    with open_engine() as engine:
        whole = living_story(engine, story)
        item = item_of(whole, engine, url)
        if len(whole.members) == 1:
            fail(f"{url} is the only item of story {whole.story_id}: there is nothing to split")
        others = [whole.lead_id, *_ids(whole)]
        items = list(dict.fromkeys([item.item_id, *others]))[:MOST_ITEMS]
        _order(engine, whole.collection, OrderKind.APART, items, reason)
        rest, own = living_story(engine, whole.story_id), living_story(engine, url)
        if rest.story_id == own.story_id:
            fail("it is still in its story; see `storyfold queue dead` and try again")
    _print("split", whole.collection, [rest, own], reason, as_json)


def pin(
    story: StoryName,
    url: Annotated[str | None, typer.Argument(help="Address of the item that leads from now on.")] = None,
    unpin: Annotated[bool, typer.Option("--unpin", help="Let the rule choose the lead again.")] = False,
    reason: Reason = "",
    as_json: AsJson = False,
) -> None:
    """Choose the lead of a story, for ever."""
    if url is None and not unpin:
        fail("give the address of the item that shall lead, or --unpin", code=USAGE)
    with open_engine() as engine:
        found = living_story(engine, story)
        lead_id = item_of(found, engine, url).item_id if url else found.lead_id
        kind = OrderKind.UNPIN if unpin else OrderKind.PIN
        _order(engine, found.collection, kind, [lead_id], reason)
        after = living_story(engine, found.story_id)
        if not unpin and after.lead_id != lead_id:
            fail("its lead is still another; see `storyfold queue dead` and try again")
    _print("unpinned" if unpin else "pinned", found.collection, [after], reason, as_json)


def never_fold(
    first: Url,
    second: Annotated[str, typer.Argument(help="Address of the item that leaves, if they are in one story now.")],
    forget: Annotated[bool, typer.Option("--forget", help="They may be in one story again.")] = False,
    reason: Reason = "",
    as_json: AsJson = False,
) -> None:
    """Never let two items be in one story. If they are in one now, the second becomes a story of its own."""
    with open_engine() as engine:
        (left, stays), (right, leaves) = find_item(engine, first), find_item(engine, second)
        if left.collection != right.collection:
            fail(f"{first} is in {left.collection}, {second} in {right.collection}: they never meet")
        if stays.item_id == leaves.item_id:
            fail(f"{first} and {second} are addresses of one item")
        kind = OrderKind.FORGET if forget else OrderKind.APART
        _order(engine, left.collection, kind, [leaves.item_id, stays.item_id], reason)
        after = [find_item(engine, first)[0], find_item(engine, second)[0]]
        if not forget and after[0].story_id == after[1].story_id:
            fail("they are still in one story; see `storyfold queue dead` and try again")
    _print("forgotten" if forget else "never-fold", left.collection, after, reason, as_json)


def _ids(story: Story) -> list[str]:
    return [item.item_id for item in story.items]


def _order(engine: Engine, collection: str, kind: OrderKind, items: list[str], reason: str) -> None:
    order = Order(kind=kind, items=tuple(items), at=engine.clock(), reason=reason)
    if not give_orders(engine, collection, [order]):
        fail("another process works on this collection and has not come to it yet; it will be carried out")


def _print(what: str, collection: str, stories: list[Story], reason: str, as_json: bool) -> None:
    rows: list[dict[str, Any]] = [_row(story) for story in {story.story_id: story for story in stories}.values()]
    if as_json:
        print_json({"done": what, "category": collection, "reason": reason or None, "stories": rows})
        return
    console.print(f"{what}:", markup=False)
    for row in rows:
        console.print(f"  {row['id']} revision {row['revision']}, {row['items']} items: {row['title']}", markup=False)


def _row(story: Story) -> dict[str, Any]:
    lead = story.lead
    return {
        "id": story.story_id,
        "revision": story.revision,
        "items": len(story.members),
        "title": lead.title,
        "url": lead.web_url or lead.original_url,
    }
