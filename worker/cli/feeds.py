"""``feeds``: follow feeds, look at them, and ask for polls."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer

from storyfold.errors import BlockedError, FetchError, SourceError
from worker.cli.checked import collection_name
from worker.cli.output import FAILED, console, fail, print_json, print_table, say
from worker.cli.session import open_engine
from worker.flows.engine import Engine
from worker.flows.subscribe import new_feeds
from worker.model.entry import Entry
from worker.model.feed import Feed, FeedState, feed_id_of
from worker.model.item import Item
from worker.normalize.rules import applied_names
from worker.sources.fetch.exchange import FetchRequest, FetchResult
from worker.sources.parse.feed_document import parse_feed
from worker.sources.parse.opml import Outline, read_opml, write_opml

app = typer.Typer(help="Follow feeds, look at them, and ask for polls.", no_args_is_help=True)

Category = Annotated[
    str | None, typer.Option("--category", callback=collection_name, help="Collection that the feed's items go to.")
]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON value on stdout.")]
Url = Annotated[str, typer.Argument(help="The feed's URL.")]


@app.command()
def add(
    url: Url,
    category: Category = None,
    title: Annotated[str, typer.Option(help="Name for lists; default: the feed's own.")] = "",
    as_json: AsJson = False,
) -> None:
    """Follow a feed. It is polled at once and then by its schedule."""
    with open_engine() as engine:
        collection = category or engine.settings.collection
        try:
            feeds = new_feeds([Outline(url=url, title=title)], collection, engine.clock())
        except FetchError as error:
            fail(str(error))
        new = engine.feeds(collection).add(feeds)
        record = engine.feeds(collection).load([feeds[0].feed_id])[0]
    if as_json:
        print_json(feed_row(record))
    else:
        console.print(f"{'followed' if new else 'followed already'}: {url}", markup=False)


@app.command("list")
def list_feeds(as_json: AsJson = False) -> None:
    """All feeds with state, failure and schedule."""
    with open_engine() as engine:
        rows = [feed_row(feed) for feed in _all(engine)]
    if as_json:
        print_json(rows)
        return
    columns = ("url", "title", "category", "state", "failure", "entries", "next_poll_at")
    print_table(columns, ([row[name] for name in columns] for row in rows))


@app.command()
def show(url: Url, as_json: AsJson = False) -> None:
    """One feed in full, with the reason of its last failure."""
    with open_engine() as engine:
        feed = _one(engine, url)
    row = {**feed_row(feed), **_details(feed)}
    if as_json:
        print_json(row)
        return
    print_table(("", ""), row.items())


@app.command()
def remove(url: Url) -> None:
    """Follow a feed no longer. Its stories stay."""
    with open_engine() as engine:
        feed = _one(engine, url)
        engine.feeds(feed.collection).remove(feed.feed_id)
    console.print(f"removed: {url}", markup=False)


@app.command("import")
def import_opml(
    file: Annotated[Path, typer.Argument(help="OPML.", exists=True, dir_okay=False)],
    category: Category = None,
    as_json: AsJson = False,
) -> None:
    """Follow the feeds of an OPML list. Addresses that no feed can have are named and passed over."""
    outlines = read_opml(file.read_bytes())
    with open_engine() as engine:
        collection = category or engine.settings.collection
        good, bad = [], []
        for outline in outlines:
            try:
                good += new_feeds([outline], collection, engine.clock())
            except FetchError as error:
                bad.append(f"{outline.url}: {error.detail}")
        new = engine.feeds(collection).add(_spread(good, engine))
    for fault in bad:
        say(fault)
    if as_json:
        print_json({"listed": len(outlines), "new": new, "refused": bad})
    else:
        console.print(f"{len(outlines)} listed, {new} new, {len(bad)} refused")
    if bad:
        raise typer.Exit(FAILED)


def _spread(feeds: list[Feed], engine: Engine) -> list[Feed]:
    outlines = [Outline(url=feed.url, title=feed.title) for feed in feeds]
    return new_feeds(outlines, feeds[0].collection, engine.clock()) if feeds else []


@app.command()
def export() -> None:
    """Write all feeds as OPML to stdout, a folder a collection."""
    with open_engine() as engine:
        outlines = [Outline(url=feed.url, title=feed.title, category=feed.collection) for feed in _all(engine)]
    typer.echo(write_opml(outlines).decode(), nl=False)


@app.command()
def check(url: Url, category: Category = None, as_json: AsJson = False) -> None:
    """Dry run: fetch a feed and show what would be published, and what not and why. Nothing is stored."""
    with open_engine() as engine:
        try:
            result = engine.loop.run(_fetch(engine, url))
            parsed = parse_feed(
                result.body,
                feed_url=result.final_url,
                content_type=result.content_type,
                content_location=result.content_location,
            )
        except (FetchError, SourceError) as error:
            fail(str(error))
        to_item = engine.to_item(category or engine.settings.collection)
        does = {rule.name: str(rule.action) for rule in engine.configuration.rules}
        rows = [_checked(msgspec.structs.replace(entry, feed_url=url), to_item, does) for entry in parsed.entries]
    if as_json:
        print_json(
            {
                "url": url,
                "title": parsed.title,
                "reader": parsed.reader,
                "fault": parsed.fault,
                "entries": rows,
            }
        )
        return
    say(f"{parsed.title or url}: {len(rows)} entries, read by {parsed.reader}{_fault(parsed.fault)}")
    print_table(("published", "title", "url", "rules", "why not"), (_short(row) for row in rows))


def _fault(fault: str) -> str:
    return f"; {fault}" if fault else ""


def _short(row: dict[str, Any]) -> tuple[Any, ...]:
    item = row["item"] or {}
    rules = "; ".join(f"{rule['name']}: {rule['did']}" for rule in row["rules"])
    return (item.get("published_at"), item.get("title") or row["guid"], item.get("web_url"), rules, row["reason"])


async def _fetch(engine: Engine, url: str) -> FetchResult:
    fetcher = await engine.loop.fetcher()
    return await fetcher.fetch(FetchRequest(url=url))


def _checked(entry: Entry, to_item: Any, does: dict[str, str]) -> dict[str, Any]:
    """What would become of an entry, and which rule did what. ``does``: name of a rule -> what it does."""
    row: dict[str, Any] = {"guid": entry.guid, "item": None, "reason": None, "blocked": False, "rules": []}
    try:
        item: Item = to_item(entry)
    except SourceError as error:
        is_blocked = isinstance(error, BlockedError)
        names = error.rules if isinstance(error, BlockedError) else ()
        return {**row, "reason": str(error), "blocked": is_blocked, "rules": _did(names, does)}
    return {**row, "item": msgspec.to_builtins(item), "rules": _did(applied_names(item), does)}


def _did(names: Sequence[str], does: dict[str, str]) -> list[dict[str, str]]:
    return [{"name": name, "did": does[name]} for name in names]


@app.command()
def refresh(
    url: Annotated[str | None, typer.Argument(help="The feed's URL.")] = None,
    every: Annotated[bool, typer.Option("--all", help="Every feed.")] = False,
    failing: Annotated[bool, typer.Option("--failing", help="Every feed whose last poll failed.")] = False,
) -> None:
    """Ask for a poll now. The running worker does it; a stopped feed is polled again when it is named."""
    if sum((url is not None, every, failing)) != 1:
        fail("give a URL, or --all, or --failing", code=2)
    with open_engine() as engine:
        # a feed that is gone for good is asked again only when a person names it
        chosen = [_one(engine, url)] if url is not None else [f for f in _all(engine) if f.state is FeedState.ACTIVE]
        if failing:
            chosen = [feed for feed in chosen if feed.failure]
        for feed in chosen:
            store = engine.feeds(feed.collection)
            now = engine.clock()
            store.save(msgspec.structs.replace(feed, state=FeedState.ACTIVE, next_poll_at=now))
            store.make_due([feed.feed_id], now)
    console.print(f"{len(chosen)} due now")


def _all(engine: Engine) -> list[Feed]:
    feeds: list[Feed] = []
    for collection in engine.collections():
        store = engine.feeds(collection)
        feeds += store.load(store.ids())
    return sorted(feeds, key=lambda feed: (feed.collection, feed.url))


def _one(engine: Engine, url: str) -> Feed:
    for collection in engine.collections():
        feeds = engine.feeds(collection).load([feed_id_of(url)])
        if feeds:
            return feeds[0]
    fail(f"{url} is not followed; see `storyfold feeds list`")


def feed_row(feed: Feed) -> dict[str, Any]:
    """A feed as lists show it; an absent value is null."""
    row = {
        "url": feed.url,
        "title": feed.title,
        "category": feed.collection,
        "state": str(feed.state),
        "failure": feed.failure or None,
        "detail": feed.detail or None,
        "last_fetch_at": feed.last_attempt_at,
        "next_poll_at": feed.next_poll_at,
        "interval_seconds": feed.interval_seconds,
        "entries": feed.entries,
        "reader": feed.reader or None,
        "flags": list(feed.flags),
    }
    return {name: msgspec.to_builtins(value) for name, value in row.items()}


def _details(feed: Feed) -> dict[str, Any]:
    details = {
        "failures": feed.failures,
        "rejected": feed.rejected,
        "etag": feed.etag,
        "last_modified": feed.last_modified,
        "added_at": feed.added_at,
        "last_good_at": feed.last_fetch_at,
        "moved_url": feed.moved_url or None,
    }
    return {name: msgspec.to_builtins(value) for name, value in details.items()}
