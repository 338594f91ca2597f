"""What is asked for and what came of it: the two ends of one fetch."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct

from worker.sources.fetch.web_address import public_url


class Purpose(StrEnum):
    """What is hoped for; decides the Accept field."""

    FEED = "feed"
    PAGE = "page"
    IMAGE = "image"
    ROBOTS = "robots"
    #: A form is sent to a WebSub hub; of the answer only the status counts.
    HUB = "hub"


ACCEPT = {
    Purpose.FEED: (
        "application/atom+xml, application/rss+xml, application/feed+json, application/rdf+xml;q=0.9, "
        "application/xml;q=0.8, text/xml;q=0.8, application/json;q=0.7, */*;q=0.1"
    ),
    Purpose.PAGE: "text/html, application/xhtml+xml;q=0.9, */*;q=0.1",
    # Hosts that choose a format by this field get to know only those whose size we can read.
    Purpose.IMAGE: "image/avif, image/webp, image/png, image/jpeg, image/gif, image/svg+xml, */*;q=0.1",
    Purpose.ROBOTS: "text/plain, */*;q=0.1",
    Purpose.HUB: "*/*",
}


class FetchRequest(Struct, frozen=True, kw_only=True):
    """What to ask for.

    Attributes:
        url: http or https, asked byte for byte without its fragment.
        etag: stored ETag, exactly as it was received, latin-1; "" for none.
        last_modified: stored Last-Modified, likewise.
        validators_url: ``final_url`` of the answer that gave the validators, "" when that is ``url``. A
            validator goes only to the origin that gave it; a feed that redirects elsewhere is thereby
            asked conditionally at its far end.
        purpose: what the answer is for.
        accept: value of the Accept field; "" for the one that belongs to the purpose.
        max_bytes: limit of the body where the client's own is higher; None for the client's.
        first_bytes: only so many bytes of the body are wanted. They are asked for by Range (RFC 9110 section
            14.2); of a server that sends the whole body no more than these are read, and its connection is
            closed. None for the whole body.
        form: application/x-www-form-urlencoded bytes that are sent by POST, to each address that a redirect other
            than 303 leads to; None for a GET. They may hold a secret: from https they are never sent on to http.
        secret_headers: names and values of fields that hold a secret.
        secret_origin: the only origin (RFC 6454) that is sent them, whatever redirects say; "" for that of ``url``.
    """

    url: str
    etag: str = ""
    last_modified: str = ""
    validators_url: str = ""
    purpose: Purpose = Purpose.FEED
    accept: str = ""
    max_bytes: int | None = None
    first_bytes: int | None = None
    form: bytes | None = None
    secret_headers: tuple[tuple[str, str], ...] = ()
    secret_origin: str = ""

    def __repr__(self) -> str:
        """Without the address's query, the form and the secrets: requests stand in tracebacks."""
        return f"FetchRequest(url={public_url(self.url)!r}, purpose={self.purpose.value!r})"


class FetchResult(Struct, frozen=True, kw_only=True):
    """A usable answer. Texts are header values as received, latin-1, "" when absent.

    Attributes:
        status: 200, 304 for not modified, 206 only when ``first_bytes`` was asked, any 2xx to a form; nothing else.
        body: decoded bytes, b"" for 304 and for the answer to a form.
        is_partial: there is more of the body than ``body`` holds. Only with ``first_bytes``.
        total_bytes: length of the whole body; None when the server did not say it and it was not read to its end.
        content_type: may be wrong; the parser looks at the bytes.
        etag: validator to store byte for byte; on a 304 "" means that the stored one stays.
        last_modified: likewise.
        cache_control: all lines, joined by commas.
        expires: HTTP-date text.
        date: the server's clock.
        age: seconds that a cache held the answer.
        retry_after: seconds or an HTTP-date.
        content_location: base of relative links before ``final_url`` (RFC 9110 section 8.7), possibly relative.
        link: all Link lines, joined by commas (WebSub hubs).
        x_robots_tag: all lines, joined by commas: what may be done with a page.
        tdm_reservation: by the TDM Reservation Protocol: 1, 0 or nothing.
        final_url: where the answer came from, without fragment; base for relative links.
        permanent_url: where the leading 301 and 308 redirects led, "" when the first was none of them. A
            step from https to http ends the permanent part: it must not be remembered.
        insecure_redirect: a redirect led from https to http.
        elapsed_seconds: from the first lookup to the last byte.
    """

    status: int
    body: bytes = b""
    is_partial: bool = False
    total_bytes: int | None = None
    content_type: str = ""
    etag: str = ""
    last_modified: str = ""
    cache_control: str = ""
    expires: str = ""
    date: str = ""
    age: str = ""
    retry_after: str = ""
    content_location: str = ""
    link: str = ""
    x_robots_tag: str = ""
    tdm_reservation: str = ""
    final_url: str
    permanent_url: str = ""
    insecure_redirect: bool = False
    elapsed_seconds: float = 0.0
