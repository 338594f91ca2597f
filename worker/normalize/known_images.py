"""Images of an item after their bytes were looked at.

- The real size wins over a declared one; an unknown one stays as declared, and so does one whose probe failed.
- An image that is in truth less than 32 pixels high or wide is no lead image: it goes, and the first usable one of
  the page takes its place.
- It is cached when its bytes have a digest.

``provenance`` says under ``image_sizes`` that a size is ``probe``, and under ``images_refused`` which images went.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from storyfold.document import Image
from worker.model.item import Item
from worker.model.page import ImageFacts, PageFacts
from worker.normalize.images import MIN_SIDE_PIXELS, choose_images

Known = dict[str, ImageFacts]


def images_to_learn(item: Item, keep_bytes: bool) -> tuple[str, ...]:
    """Addresses of the item's images of which a look at their bytes would tell something new.

    Args:
        item: with the images that its page named, if it was read.
        keep_bytes: the bytes are wanted, too, so that every image which is not cached counts.
    """
    return tuple(
        image.url
        for image in item.images
        if image.width is None or image.height is None or (keep_bytes and not image.is_cached)
    )


def settle_images(item: Item, page: PageFacts | None, probes: Sequence[ImageFacts]) -> tuple[Image, ...]:
    """The item's images with all that is known of them; those of the page where it has none of its own.

    Args:
        item: as it is known.
        page: facts of its page, None when nothing of it may be used.
        probes: facts of images.
    """
    known: Known = {probe.url: probe for probe in probes if not probe.failure}
    images = [image for image in item.images if not _is_tiny(image.url, known)]
    if not images and page is not None:
        offered = [media for media in page.images if not _is_tiny(media.url, known)]
        images = list(choose_images(offered, "", page.url))
    return tuple(_with_size(image, known) for image in images)


def images_provenance(
    item: Item, images: tuple[Image, ...], page_how: str, probes: Sequence[ImageFacts]
) -> dict[str, str]:
    """How the images of :func:`settle_images` were obtained, as additions to the item's provenance."""
    had = {image.url for image in item.images}
    how: dict[str, str] = {}
    if any(image.url not in had for image in images):
        how["images"] = page_how
    refused = had - {image.url for image in images}
    if refused:
        earlier = item.provenance.get("images_refused", "").split()
        how["images_refused"] = " ".join(sorted({*earlier, *refused}))
    sized = {probe.url for probe in probes if not probe.failure and probe.width and probe.height}
    if any(image.url in sized for image in images):
        how["image_sizes"] = "probe"
    return how


def _is_tiny(url: str, known: Known) -> bool:
    probe = known.get(url)
    sides = (probe.width, probe.height) if probe else ()
    return any(side is not None and side < MIN_SIDE_PIXELS for side in sides)


def _with_size(image: Image, known: Known) -> Image:
    probe = known.get(image.url)
    if probe is None:
        return image
    if probe.width and probe.height:
        image = replace(image, width=probe.width, height=probe.height)
    return replace(image, is_cached=True) if probe.digest else image
