"""What was wrong with a document is told, by the same names whoever read it."""

from __future__ import annotations

import pytest

from worker.model.entry import Entry, Source
from worker.sources.parse.caps import MAX_ENTRIES, Caps, Flag
from worker.sources.parse.feed_document import parse_feed

ENTRY = Entry(source=Source.FEED, title="t")
RSS = '<rss version="2.0"><channel><title>F</title>{}</channel></rss>'
ITEM = "<item><title>t</title></item>"


def flags_of(body: str) -> tuple[str, tuple[Flag, ...]]:
    feed = parse_feed(body.encode(), feed_url="")
    return feed.reader, feed.flags


@pytest.mark.parametrize(
    ("body", "reader", "flags"),
    [
        (RSS.format(ITEM), "lean", ()),
        (" " + '<?xml version="1.0"?>' + RSS.format(ITEM), "lean", (Flag.ILL_FORMED,)),
        (RSS.format(ITEM + "&nbsp;"), "lean", (Flag.ILL_FORMED,)),
        (RSS.format(ITEM)[:-20], "lean", (Flag.ILL_FORMED,)),
        (RSS.format(ITEM + "<item/>"), "lean", (Flag.ENTRIES_SKIPPED,)),
        (RSS.format(ITEM.replace("t<", "t" * 5_000 + "<")), "lean", (Flag.TRUNCATED,)),
        (RSS.format(ITEM).replace("<rss ", '<rss xmlns="urn:none" '), "lean", (Flag.FOREIGN_NAMESPACE,)),
        (f"<wrap><rss><channel>{ITEM}</channel></rss></wrap>", "feedparser", (Flag.ILL_FORMED,)),
        ('{"version": "https://jsonfeed.org/version/1", "items": [{"id": 1}]}', "json-feed", ()),
        (
            '{"version": "https://jsonfeed.org/version/1", "items": [{"id": 1}, {}]}',
            "json-feed",
            (Flag.ENTRIES_SKIPPED,),
        ),
        ('{"version": "https://jsonfeed.org/version/1", "items": [{"id": 1}, {', "json-feed", (Flag.ILL_FORMED,)),
    ],
)
def test_reader_and_flags_are_told(body: str, reader: str, flags: tuple[Flag, ...]) -> None:
    assert flags_of(body) == (reader, flags)


def test_flags_are_short_names_fit_for_counters() -> None:
    assert all(flag.replace("-", "").isalpha() and flag == flag.lower() for flag in Flag)


@pytest.mark.parametrize(
    "error",
    [ValueError("x"), TypeError("x"), KeyError("x"), AttributeError("x"), ZeroDivisionError("x"), RecursionError()],
)
def test_a_poison_entry_is_set_aside_and_the_rest_goes_on(error: Exception) -> None:
    def read(source: int) -> Entry | None:
        if source == 1:
            raise error
        return ENTRY

    caps = Caps()
    assert caps.entries([0, 1, 2], read) == (ENTRY, ENTRY)
    assert (caps.skipped, caps.flags()) == (1, (Flag.ENTRIES_SKIPPED,))
    assert caps.fault.startswith(f"an entry could not be read: {type(error).__name__}")


@pytest.mark.parametrize("error", [MemoryError(), KeyboardInterrupt(), OSError()])
def test_what_is_not_the_fault_of_an_entry_is_not_swallowed(error: BaseException) -> None:
    def read(_: int) -> Entry | None:
        raise error

    with pytest.raises(type(error)):
        Caps().entries([0], read)


def test_entries_over_the_cap_are_never_read() -> None:
    read: list[int] = []
    Caps().entries(list(range(MAX_ENTRIES + 5)), lambda number: read.append(number))
    assert len(read) == MAX_ENTRIES


MEDIA = '<item><title>t</title><media:thumbnail url="https://e.example/t.jpg"/><dc:creator>Ada</dc:creator></item>'


@pytest.mark.parametrize(
    ("declared", "item"),
    [
        ('xmlns:media="http://search.yahoo.com/mrss/" xmlns:dc="http://purl.org/dc/elements/1.1/"', MEDIA),
        ('xmlns:media="https://www.rssboard.org/media-rss" xmlns:dc="HTTP://PURL.ORG/DC/ELEMENTS/1.1"', MEDIA),
        (
            'xmlns:m="http://search.yahoo.com/mrss" xmlns:x="http://purl.org/dc/elements/1.1/"',
            MEDIA.replace("media:", "m:").replace("dc:", "x:"),
        ),
        ('xmlns:media="http://wrong.example/" xmlns:dc="http://wrong.example/2"', MEDIA),
        ('xmlns:media="http://wrong.example/" xmlns:dc="http://purl.org/dc/terms/"', MEDIA),
        ("", MEDIA),
        ("", MEDIA.replace("media:", "MEDIA:").replace("dc:", "DC:")),
    ],
)
def test_a_namespace_is_known_by_its_address_else_by_its_prefix(declared: str, item: str) -> None:
    body = RSS.format(item).replace("<rss ", f"<rss {declared} ")
    (entry,) = parse_feed(body.encode(), feed_url="").entries
    assert ([media.url for media in entry.media], entry.author) == (["https://e.example/t.jpg"], "Ada")


HEAD = "<title>F</title>"
LINKED = "<title>t</title><link>https://e.example/1</link>"
ATOM = '<title>t</title><link rel="alternate" type="text/html" href="https://e.example/1"/>'
RDF = '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="{}">{}</rdf:RDF>'
FORMATS = {
    "RSS 0.91": f'<rss version="0.91"><channel>{HEAD}<item>{LINKED}</item></channel></rss>',
    "RSS 2.0 with a namespace": (
        f'<rss version="2.0" xmlns="http://backend.userland.com/rss2"><channel>{HEAD}<item>{LINKED}</item></channel></rss>'
    ),
    "RSS 0.90": RDF.format(
        "http://my.netscape.com/rdf/simple/0.9/", f"<channel>{HEAD}</channel><item>{LINKED}</item>"
    ),
    "RSS 1.0": RDF.format(
        "http://purl.org/rss/1.0/",
        f'<channel>{HEAD}</channel><item rdf:about="https://e.example/1"><title>t</title></item>',
    ),
    "Atom 0.3": f'<feed version="0.3" xmlns="http://purl.org/atom/ns#">{HEAD}<entry>{ATOM}</entry></feed>',
    "Atom 1.0": f'<feed xmlns="http://www.w3.org/2005/Atom">{HEAD}<entry>{ATOM}</entry></feed>',
    "Atom with a prefix": (
        '<a:feed xmlns:a="http://www.w3.org/2005/Atom"><a:title>F</a:title><a:entry><a:title>t</a:title>'
        '<a:link href="https://e.example/1"/></a:entry></a:feed>'
    ),
    "Atom without its namespace": f"<feed>{HEAD}<entry>{ATOM}</entry></feed>",
    "capitals": f"<rss><channel>{HEAD}<item>{LINKED}</item></channel></rss>".replace("item", "ITEM").replace(
        "title", "TITLE"
    ),
    "CDF": f'<channel>{HEAD}<item href="https://e.example/1"><title>t</title></item></channel>',
}


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_gives_the_same_entry(name: str) -> None:
    feed = parse_feed(FORMATS[name].encode(), feed_url="")
    (entry,) = feed.entries
    assert (feed.reader, feed.title, entry.title, entry.link) == ("lean", "F", "t", "https://e.example/1")
