"""Failures: every name that a poll, a page visit or a dropped file can fail with, what it means and what to do.

The names are an interface: they are in lists, logs and totals. A name that is raised anywhere is in this table.
"""

from __future__ import annotations

from typing import Final

from msgspec import Struct


class Failure(Struct, frozen=True):
    """What a failure's name stands for.

    Attributes:
        meaning: one clause.
        advice: what its owner can do.
        is_refusal: the server is there and does not want us now; else it is a fault of server, way or document.
        is_passing: it may well be over at the next poll without anyone's doing.
    """

    meaning: str
    advice: str
    is_refusal: bool = False
    is_passing: bool = False


_WAIT = "nothing; it is tried again, ever more rarely"
_LOOK = "open the address in a browser; correct it with `storyfold feeds remove` and `add`"
_TELL = "tell the feed's publisher"
_RULES = "see `storyfold feeds check URL`"

FAILURES: Final[dict[str, Failure]] = {
    # The way to the server.
    "blocked": Failure(
        "the address may not be asked: it is no web address, or leads into a private network",
        "correct the address; for a host of your own set STORYFOLD_FETCH_ALLOW",
    ),
    "no-credential": Failure(
        "the credential that the feed names is not there, or is not for its server; nothing was asked",
        "see `storyfold credentials`",
    ),
    "dns": Failure("the host's name does not resolve", _WAIT + "; correct the address if it stays", False, True),
    "connect": Failure("no connection, or it was closed without an answer", _WAIT, False, True),
    "tls": Failure("the certificate or the handshake is not valid", _TELL, False, True),
    "timeout": Failure("the whole fetch took too long", _WAIT + "; else raise STORYFOLD_FETCH_TIMEOUT", False, True),
    "protocol": Failure("the answer is not valid HTTP", _TELL, False, True),
    "redirects": Failure("redirects lead in a circle, too far or nowhere", _LOOK),
    # What the server answered. Statuses without a row of their own are named by their class.
    "http-204": Failure("the answer has no content", _LOOK, False, True),
    "http-206": Failure("the answer is a part that was not asked for", _TELL),
    "http-304": Failure("not modified, though nothing was said about what is known", _TELL, False, True),
    "http-400": Failure("the server does not understand the request", _LOOK),
    "http-401": Failure("the server wants a login", "give the feed a credential; asked once a day until then", True),
    "http-403": Failure(
        "the server forbids it", "ask the publisher to let the User-Agent in; asked once a day", True
    ),
    "http-404": Failure("nothing is there", _LOOK),
    "http-410": Failure(
        "it is gone for good",
        "find the feed's new address; `storyfold feeds refresh URL` asks this one once more",
    ),
    "gone-elsewhere": Failure(
        "a temporary redirect led to something that is gone for good", _WAIT + "; " + _TELL + " if it stays"
    ),
    "http-429": Failure("too many requests", "nothing; asked again when the server allows it", True, True),
    "http-451": Failure("withheld for legal reasons", _LOOK),
    "http-503": Failure("the server is overloaded or under repair", _WAIT, True, True),
    "http-1xx": Failure("an answer that is none", _TELL),
    "http-2xx": Failure("an answer that holds no feed", _LOOK),
    "http-3xx": Failure("a redirect of an unknown kind", _LOOK),
    "http-4xx": Failure("the server finds the request faulty", _LOOK),
    "http-5xx": Failure("the server has a fault", _WAIT, False, True),
    "challenge": Failure(
        "a page for browsers in place of the feed: a challenge, a consent wall or a refusal",
        "ask the publisher to let the User-Agent in; asked once a day",
        True,
    ),
    # The body.
    "too-large": Failure("larger than the limits allow", "raise STORYFOLD_FETCH_MAX_BYTES, or split the file"),
    "bad-encoding": Failure("the content coding is faulty, stacked or was not asked for", _TELL),
    "truncated": Failure("the body ended early", _WAIT, False, True),
    # The document.
    "empty": Failure("the answer or the file is empty", _WAIT + "; " + _LOOK, False, True),
    "not-a-feed": Failure("the document is no feed", "follow the feed that the page names: `storyfold feeds add`"),
    "ill-formed": Failure("so broken that nothing could be saved", _TELL),
    "too-deep": Failure("nested deeper than any feed", _TELL),
    "no-link": Failure("its entries have no web address", _RULES),
    "no-title": Failure("its entries have neither title nor text", _RULES),
    "blocked-by-rule": Failure("a rule of the operator blocks the entry", _RULES),
    "internal": Failure("a fault in Storyfold", "report it with the log's lines"),
    "crashed": Failure("the process that read it died, each time", "report it with the address"),
    "too-often": Failure("reading a delivery was begun often and never ended", "report it with the address"),
    "known-feed": Failure("the collection follows this feed already", "remove one of the two"),
    # Pages and sites.
    "robots": Failure("robots.txt does not allow the page", "nothing; the item stays as the feed gives it", True),
    "robots-unreachable": Failure("robots.txt cannot be read", _WAIT, False, True),
    "not-a-page": Failure("the address gives no HTML", "nothing; the item stays as the feed gives it"),
    "blocked-page": Failure("a challenge, a consent wall or a refusal in place of the page", _WAIT, True),
    "no-name": Failure("the site does not say what it is called", "give --name"),
    # Dropped files.
    "bad-path": Failure("no file that may be taken from the drop folder", "drop a plain file into the folder"),
    "not-a-document": Failure("no kind of file that is read", "drop a feed, a document or a list of feeds"),
    "not-opml": Failure("the list of feeds is no OPML", "export it again"),
    "no-entries": Failure("the feed document holds no entries", "drop one that has some"),
    "no-addresses": Failure("the list holds no address of a feed", "write one address a line"),
    "bad-line": Failure("lines of the file cannot be used", "correct the lines that are named"),
}

_UNKNOWN = Failure("a failure without a description", "report it with the log's lines")


def failure_named(name: str) -> Failure:
    """What a name stands for; an HTTP status without a row of its own has that of its class."""
    found = FAILURES.get(name)
    if found is None and name.startswith("http-"):
        found = FAILURES.get(f"http-{name[5:6]}xx")
    return found or _UNKNOWN


def is_refusal(name: str) -> bool:
    """Whether the server did not want us, as against a fault."""
    return failure_named(name).is_refusal
