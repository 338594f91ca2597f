"""Items that a rule files into another collection than the one that follows their feed."""

from __future__ import annotations

from collections.abc import Callable

from msgspec.structs import replace

from worker.store.lane import Lane
from worker.store.polled import Polled

ITEMS_A_SCRIPT = 500


def send_elsewhere(polled: Polled, lane_of: Callable[[str], Lane]) -> Polled:
    """The outcome without the items that rules file into other collections; these go into their lanes first.

    So do all but the last 500 of its own: 10,000 of them in one script took 30 MB.

    Should the process die in between, the poll is done again, and they are found known there.
    """
    own = tuple(item for item in polled.items if item.collection == polled.feed.collection)
    if len(own) == len(polled.items) <= ITEMS_A_SCRIPT:
        return polled
    for collection in sorted({item.collection for item in polled.items} - {polled.feed.collection}):
        lane_of(collection).push(item for item in polled.items if item.collection == collection)
    lane_of(polled.feed.collection).push(own[:-ITEMS_A_SCRIPT])
    return replace(polled, items=own[-ITEMS_A_SCRIPT:])
