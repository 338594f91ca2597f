"""A visit: one item's robots.txt, page and images are asked for, and what they say is gathered."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from worker.flows.robots import Robots
from worker.model.item import Item
from worker.model.page import Enrichment, ImageFacts
from worker.normalize.enrich import images_to_learn
from worker.sources.fetch.exchange import FetchRequest, Purpose
from worker.sources.fetch.web_address import parse_web_address
from worker.sources.page.page_document import read_page
from worker.store.counts import Counts

if TYPE_CHECKING:
    from worker.flows.images import Images
    from worker.sources.fetch.fetcher import Fetcher

PAGE_MAX_BYTES = 2 * 2**20
"""Decoded. An article's text and head are a small part of that; what is larger is no article."""

MAX_IMAGES = 4
"""Of one item, counted from its lead image."""


class PageVisit:
    """Visits pages, one call a page."""

    def __init__(
        self,
        *,
        robots: Robots,
        images: Images,
        enrich: Callable[[Item, Enrichment], Item],
        keep_images: bool,
        counts: Counts,
    ) -> None:
        """
        Args:
            robots: asked before each page.
            images: reads images.
            enrich: the item with what was learned; tells which image will lead.
            keep_images: the bytes of images are wanted, not only the size of the lead image.
            counts: running totals.
        """
        self._robots = robots
        self._images = images
        self._enrich = enrich
        self._keep_images = keep_images
        self._counts = counts

    async def read(self, fetcher: Fetcher, item: Item) -> Enrichment:
        """What an item's page says, and what is known of the images that the item then has.

        Raises:
            FetchError: robots.txt or page could not be asked for, or there was no usable answer.
            SourceError: the page must not be read (``robots``), or is none.
        """
        url = item.web_url or ""
        await self._robots.check(fetcher, url)
        self._counts.add(pages_asked=1)
        result = await fetcher.fetch(FetchRequest(url=url, purpose=Purpose.PAGE, max_bytes=PAGE_MAX_BYTES))
        if parse_web_address(result.final_url).origin != parse_web_address(url).origin:
            await self._robots.check(fetcher, result.final_url)  # its site was not asked yet
        facts = read_page(
            result.body,
            url=result.final_url,
            content_type=result.content_type,
            x_robots_tag=result.x_robots_tag,
            tdm_reservation=result.tdm_reservation,
        )
        self._counts.add(pages_read=1)
        enriched = self._enrich(item, Enrichment(item_id=item.item_id, page=facts))
        images = await self.learn_images(fetcher, enriched)
        return Enrichment(item_id=item.item_id, page=facts, images=images)

    async def learn_images(self, fetcher: Fetcher, item: Item) -> tuple[ImageFacts, ...]:
        """Facts of the item's images: all that are to be kept, else of the lead image if its size is not known."""
        count = MAX_IMAGES if self._keep_images else 1
        first = {image.url for image in item.images[:count]}
        wanted = [url for url in images_to_learn(item, self._keep_images) if url in first]
        facts = [await self._images.learn(fetcher, url, keep_bytes=self._keep_images) for url in wanted]
        self._counts.add(images_read=len(facts), images_failed=sum(bool(each.failure) for each in facts))
        return tuple(facts)
