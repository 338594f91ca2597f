"""``feeds``: follow feeds, look at them, and ask for polls."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from storyfold.errors import FetchError, SourceError
from worker.cli import feed_check, feed_hosts, feed_lists
from worker.cli.checked import collection_name, rule_names, seconds
from worker.cli.feed_rows import feed_details, feed_row, print_feed
from worker.cli.followed import all_feeds, one_feed
from worker.cli.output import console, fail, print_json, print_table, say
from worker.cli.push_row import push_row
from worker.cli.session import open_engine
from worker.cli.task_sender import TaskSender
from worker.flows.discover import Added, add_feed, follow_later
from worker.flows.engine import Engine
from worker.flows.feed_settings import FeedSettings, change_settings
from worker.flows.poll_outcome import restarted
from worker.model.feed import Feed, FeedState
from worker.sources.fetch.web_address import public_url
from worker.sources.parse.opml import Outline

app = typer.Typer(help="Follow feeds, look at them, and ask for polls.", no_args_is_help=True)

Category = Annotated[
    str | None, typer.Option("--category", callback=collection_name, help="Collection that the feed's items go to.")
]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON value on stdout.")]
Url = Annotated[str, typer.Argument(help="The feed's URL.")]
Interval = Annotated[
    str | None,
    typer.Option("--interval", callback=seconds, help="Usual gap of its polls: 7200, 120m, 2h, 1d; 0: as for all."),
]
CredentialName = Annotated[
    str | None, typer.Option("--credential", help="Name of the credential that it is asked with.")
]
RuleNames = Annotated[
    str | None, typer.Option("--rules", callback=rule_names, help="Rules that hold for it by name, parted by commas.")
]


@app.command()
def add(
    url: Annotated[str, typer.Argument(help="The feed's URL, or that of a page that names its feeds.")],
    category: Category = None,
    title: Annotated[str, typer.Option(help="Name for lists; default: the feed's own.")] = "",
    interval: Interval = None,
    credential: CredentialName = None,
    every: Annotated[bool, typer.Option("--all", help="Follow each feed that the page names.")] = False,
    poll: Annotated[bool, typer.Option(help="Poll it now; else when its turn comes.")] = True,
    as_json: AsJson = False,
) -> None:
    """Follow a feed, and poll it once. Of a page the feeds that it names are found, and the best is followed."""
    outline = Outline(url=url, title=title, interval_seconds=int(interval or 0), credential=credential or "")
    with open_engine() as engine:
        collection = category or engine.settings.collection
        filled: set[str] = set()
        try:
            if poll:
                added = add_feed(engine, outline, collection, every=every, on_items=lambda: filled.add(collection))
            else:
                added = follow_later(engine, outline, collection)
        except (FetchError, SourceError) as error:
            fail(str(error))
        if filled:
            TaskSender(engine.settings).drain(sorted(filled))
        _tell(added, engine, as_json)


def _tell(added: Added, engine: Engine, as_json: bool) -> None:
    if added.credential:
        say(f"user and password are kept as credential {added.credential!r}, and are no part of the address any more")
    for feed in added.feeds:
        if feed.failure:
            say(f"warning: {public_url(feed.url)}: {feed.failure}: {feed.detail}")
    for link in added.others:
        say(f"the page also names {public_url(link.url)}{f' ({link.title})' if link.title else ''}")
    if as_json:
        rows = [{**feed_row(feed, engine.clock()), "new": feed.feed_id not in added.known} for feed in added.feeds]
        others = [{"url": link.url, "title": link.title, "kind": link.kind or None} for link in added.others]
        print_json({**rows[0], "site_url": added.site_url or None, "feeds": rows, "others": others})
        return
    for feed in added.feeds:
        entries = f", {feed.entries} entries" if feed.last_fetch_at else ""
        is_known = feed.feed_id in added.known
        console.print(f"{'followed already' if is_known else 'followed'}: {feed.url}{entries}", markup=False)


@app.command("set")
def set_settings(
    url: Url,
    category: Category = None,
    title: Annotated[str | None, typer.Option(help="Name for lists; empty: the feed's own.")] = None,
    interval: Interval = None,
    credential: CredentialName = None,
    rules: RuleNames = None,
    as_json: AsJson = False,
) -> None:
    """Change the settings of a feed; an empty value takes one away. They hold from the next poll on."""
    settings = FeedSettings(
        collection=category,
        title=title,
        interval_seconds=None if interval is None else int(interval),
        credential=credential,
        rules=None if rules is None else tuple(filter(None, rules.split(","))),
    )
    if settings == FeedSettings():
        fail("name what is to be changed: --title, --category, --interval, --credential or --rules", code=2)
    with open_engine() as engine:
        try:
            feed = change_settings(engine, one_feed(engine, url), settings)
        except (FetchError, SourceError) as error:
            fail(str(error))
        known = {rule.name for rule in engine.configuration.rules if rule.is_named}
        for name in settings.rules or ():
            if name not in known:
                say(f"warning: rules.yaml has no rule {name!r} with `feed: named`")
        row = feed_row(feed, engine.clock())
    if as_json:
        print_json(row)
    else:
        console.print(f"changed: {url}", markup=False)


@app.command("list")
def list_feeds(as_json: AsJson = False) -> None:
    """All feeds with state, failure and schedule."""
    with open_engine() as engine:
        rows = [feed_row(feed, engine.clock()) for feed in all_feeds(engine)]
    if as_json:
        print_json(rows)
        return
    columns = ("url", "title", "category", "state", "failure", "entries", "next_poll_at")
    print_table(columns, ([row[name] for name in columns] for row in rows))


@app.command()
def show(url: Url, as_json: AsJson = False) -> None:
    """One feed in full: its last failure and what to do, its warnings, and its last requests."""
    with open_engine() as engine:
        feed = one_feed(engine, url)
        fetches = engine.feeds(feed.collection).fetches(feed.feed_id)
        (subscription,) = engine.subscriptions(feed.collection).load([feed.feed_id])
    details = feed_details(feed, fetches) | push_row(subscription)
    row: dict[str, Any] = {**feed_row(feed, engine.clock()), **details}
    if as_json:
        print_json(row)
    else:
        print_feed(row)


@app.command()
def remove(url: Url) -> None:
    """Follow a feed no longer. Its stories stay."""
    with open_engine() as engine:
        feed = one_feed(engine, url)
        engine.feeds(feed.collection).remove(feed.feed_id)
    console.print(f"removed: {url}", markup=False)


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
        chosen = (
            [one_feed(engine, url)]
            if url is not None
            else [each for each in all_feeds(engine) if each.state is FeedState.ACTIVE]
        )
        if failing:
            chosen = [feed for feed in chosen if feed.failure]
        due = sum(_ask_for_poll(engine, feed, restart=url is not None) for feed in chosen)
    console.print(f"{due} due now")


def _ask_for_poll(engine: Engine, feed: Feed, *, restart: bool) -> bool:
    store, now = engine.feeds(feed.collection), engine.clock()
    # Polls go on while a long list is gone through; what they have stored of the feed since stays.
    for current in store.load([feed.feed_id]):
        if restart or current.state is FeedState.ACTIVE:
            store.save(restarted(current, now))
            store.make_due([feed.feed_id], now)
            return True
    return False


app.command("import")(feed_lists.import_opml)
app.command()(feed_lists.export)
app.command()(feed_hosts.hosts)
app.command()(feed_check.check)
