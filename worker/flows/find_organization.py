"""An organization as its home page shows it: name, and the first logo that really is an image."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from storyfold.document import Image, Provider
from storyfold.errors import FetchError, SourceError
from worker.model.entry import Media
from worker.sources.fetch.exchange import FetchRequest, Purpose
from worker.sources.image.header import ImageSize, MoreNeeded
from worker.sources.page.site_card import read_site_card

if TYPE_CHECKING:
    from worker.sources.fetch.fetcher import Fetcher

MAX_LOGOS_TRIED = 5
LOGO_BYTES = 65_536
"""So much of a logo is asked for; its size stands in its header."""

Probe = Callable[[bytes], ImageSize | MoreNeeded | None]


async def find_organization(
    fetcher: Fetcher, domain: str, home_url: str, probe: Probe, *, name: str = ""
) -> Provider:
    """Ask a site's home page for its name, and for its logo. A logo that cannot be had is left out.

    Args:
        fetcher: open.
        domain: under which the organization will be registered.
        home_url: absolute URL of the home page.
        probe: tells the size of an image by its bytes.
        name: known already; "" to take the one that the site gives itself.

    Raises:
        FetchError: the page cannot be had.
        SourceError: ``no-name``, the page does not say what the site is called.
    """
    result = await fetcher.fetch(FetchRequest(url=home_url, purpose=Purpose.PAGE))
    card = read_site_card(result.body, url=result.final_url, content_type=result.content_type)
    name = name or card.name
    if not name:
        raise SourceError("no-name", f"{home_url} does not say what the site is called; give --name")
    logo = await _first_logo(fetcher, card.logos[:MAX_LOGOS_TRIED], probe)
    return Provider(name=name, domain=domain, images=(logo,) if logo else ())


async def _first_logo(fetcher: Fetcher, logos: Sequence[Media], probe: Probe) -> Image | None:
    for logo in logos:
        request = FetchRequest(url=logo.url, purpose=Purpose.IMAGE, first_bytes=LOGO_BYTES)
        try:
            size = probe((await fetcher.fetch(request)).body)
        except FetchError:  # the next one may be there; without any the organization has no logo
            continue
        if isinstance(size, ImageSize):  # an SVG may leave its size open: then what the page declares counts
            return Image(url=logo.url, width=size.width or logo.width, height=size.height or logo.height)
    return None
