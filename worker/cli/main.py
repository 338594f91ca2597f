"""``storyfold``: the command line, put together from its parts."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from storyfold._version import __version__
from storyfold.errors import SettingsError, StoryfoldError
from worker.cli import (
    backtest,
    consume,
    credentials,
    demo,
    doctor,
    documents,
    feeds,
    incoming,
    organizations,
    overrides,
    queue,
    roles,
    sink,
    status,
    stories,
    topics,
    up,
)
from worker.cli.output import FAILED, USAGE, say

EPILOG = """Exit codes: 0 good, 1 the thing asked for failed, 2 wrong usage or settings.

Settings are environment variables with the prefix STORYFOLD_, see docs/settings.md."""

app = typer.Typer(
    name="storyfold",
    help="Feeds and dropped files in, stories out: each told once, each change delivered once as an event.",
    epilog=EPILOG,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"storyfold {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    del version


app.command("demo")(demo.demo)
app.command("up")(up.up)
app.command("worker")(roles.worker)
app.command("beat")(roles.beat)
app.command("watch")(roles.watch)
app.command("web")(roles.web)
app.add_typer(feeds.app, name="feeds")
app.add_typer(credentials.app, name="credentials")
app.command("drop")(incoming.drop)
app.command("ingest")(incoming.ingest)
app.command("import")(incoming.import_archive)
app.add_typer(stories.app, name="stories")
app.add_typer(stories.items_app, name="items")
app.add_typer(overrides.app, name="overrides")
app.command("backtest")(backtest.backtest_command)
app.add_typer(topics.app, name="topics")
app.add_typer(organizations.app, name="organizations")
app.command("consume")(consume.consume)
app.add_typer(sink.app, name="sink")
app.add_typer(queue.app, name="queue")
app.command("status")(status.status)
app.command("redis-url")(status.redis_address)
app.command("doctor")(doctor.doctor)
app.command("health")(doctor.health)
app.command("validate")(documents.validate)
app.command("fmt")(documents.fmt)


def main() -> None:
    """Run the command line. Errors of ours are one line on stderr and an exit code."""
    try:
        app()
    except SettingsError as error:
        say(str(error))
        sys.exit(USAGE)
    except StoryfoldError as error:
        say(str(error))
        sys.exit(FAILED)
    except BrokenPipeError:
        sys.stderr.close()  # whoever read our output has gone; there is nobody to tell
        sys.exit(FAILED)
