"""Logs: events with fields, one line each, for people (console) or machines (JSON)."""

from __future__ import annotations

import logging
import sys

import structlog

from config.settings import Settings
from worker.sources.fetch.web_address import public_text


def configure_logs(settings: Settings) -> None:
    """Send structlog's and the standard library's records to stderr in the chosen format."""
    level = getattr(logging, settings.log_level.upper())
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        PublicFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *_last(settings)],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level)
    for name in (
        "httpx",
        "kombu",
        "asyncio",
        "watchfiles",
        "celery.beat",
        "celery.worker.strategy",
        "celery.pool",  # at debug level it writes the arguments of tasks, which are addresses of feeds
        "celery.concurrency",
        "celery.app.trace",
        "uvicorn.error",
    ):
        logging.getLogger(name).setLevel(max(level, logging.WARNING))


class PublicFormatter(structlog.stdlib.ProcessorFormatter):
    """Shows of every address in a line, whoever wrote the line, no more than may be shown.

    Our own lines say so themselves; this is for the text of errors, for tracebacks and for what libraries log.
    """

    def format(self, record: logging.LogRecord) -> str:
        """The line, with secrets left out."""
        return public_text(super().format(record))


def _last(settings: Settings) -> list[structlog.typing.Processor]:
    if settings.log_format == "json":
        return [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
    # The default formatter prints the local variables of every frame: pages of them, with passwords and keys.
    plain = structlog.dev.plain_traceback
    return [structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=plain)]
