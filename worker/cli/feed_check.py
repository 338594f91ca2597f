"""``feeds check``: what a feed would bring, and why some of it would not come."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

import msgspec
import typer

from storyfold.errors import BlockedError, FetchError, SourceError
from worker.cli.checked import collection_name
from worker.cli.followed import find_feed
from worker.cli.output import fail, print_json, print_table, say
from worker.cli.session import open_engine
from worker.flows.credential import FeedCredentials
from worker.flows.engine import Engine
from worker.model.entry import Entry
from worker.model.feed import Feed
from worker.model.item import Item
from worker.normalize.rules import applied_names
from worker.sources.fetch.exchange import FetchRequest, FetchResult
from worker.sources.parse.feed_document import parse_feed


def check(
    url: Annotated[str, typer.Argument(help="The feed's URL.")],
    category: Annotated[
        str | None, typer.Option("--category", callback=collection_name, help="Collection that its items go to.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON value on stdout.")] = False,
) -> None:
    """Dry run: fetch a feed and show what would be published, and what not and why. Nothing is stored."""
    with open_engine() as engine:
        feed = find_feed(engine, url)
        try:
            result = engine.loop.run(_fetch(engine, url, feed))
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
        rows = [
            _checked(msgspec.structs.replace(entry, feed_url=url, rules=feed.rules if feed else ()), to_item, does)
            for entry in parsed.entries
        ]
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


async def _fetch(engine: Engine, url: str, feed: Feed | None) -> FetchResult:
    """Ask as a poll would, with the credential of a feed that is followed."""
    credentials = FeedCredentials(engine.credentials())
    headers: tuple[tuple[str, str], ...] = ()
    origin = ""
    if feed is not None:
        credentials.load([feed])
        headers, origin = credentials.of(feed)
    fetcher = await engine.loop.fetcher()
    return await fetcher.fetch(FetchRequest(url=url, secret_headers=headers, secret_origin=origin))


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
