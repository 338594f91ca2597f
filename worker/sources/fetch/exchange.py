"""What is asked for and what came of it: the two ends of one fetch."""

from __future__ import annotations

from msgspec import Struct

FEED_ACCEPT = (
    "application/atom+xml, application/rss+xml, application/feed+json, application/rdf+xml;q=0.9, "
    "application/xml;q=0.8, text/xml;q=0.8, application/json;q=0.7, */*;q=0.1"
)


class FetchRequest(Struct, frozen=True, kw_only=True):
    """What to ask for.

    Attributes:
        url: http or https, asked byte for byte without its fragment.
        etag: stored ETag, exactly as it was received, latin-1; "" for none.
        last_modified: stored Last-Modified, likewise.
        validators_url: ``final_url`` of the answer that gave the validators, "" when that is ``url``. A
            validator goes only to the origin that gave it; a feed that redirects elsewhere is thereby
            asked conditionally at its far end.
        accept: value of the Accept field.
    """

    url: str
    etag: str = ""
    last_modified: str = ""
    validators_url: str = ""
    accept: str = FEED_ACCEPT


class FetchResult(Struct, frozen=True, kw_only=True):
    """A usable answer. Texts are header values as received, latin-1, "" when absent.

    Attributes:
        status: 200, or 304 for not modified; nothing else.
        body: decoded bytes, b"" for 304.
        content_type: may be wrong; the parser looks at the bytes.
        etag: validator to store byte for byte; on a 304 "" means that the stored one stays.
        last_modified: likewise.
        cache_control: all lines, joined by commas.
        expires: HTTP-date text.
        date: the server's clock.
        age: seconds that a cache held the answer.
        retry_after: seconds or an HTTP-date.
        link: all Link lines, joined by commas (WebSub hubs).
        final_url: where the answer came from, without fragment; base for relative links.
        permanent_url: where the leading 301 and 308 redirects led, "" when the first was none of them. A
            step from https to http ends the permanent part: it must not be remembered.
        insecure_redirect: a redirect led from https to http.
        elapsed_seconds: from the first lookup to the last byte.
    """

    status: int
    body: bytes = b""
    content_type: str = ""
    etag: str = ""
    last_modified: str = ""
    cache_control: str = ""
    expires: str = ""
    date: str = ""
    age: str = ""
    retry_after: str = ""
    link: str = ""
    final_url: str
    permanent_url: str = ""
    insecure_redirect: bool = False
    elapsed_seconds: float = 0.0
