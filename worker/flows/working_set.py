"""Working set: what the drain knows of the stories that a batch concerns, read in few round trips.

It goes along with the commits that are being made: what a commit will write is known here at once, so that the next
entry of the batch builds on it.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice

from worker.fold.apply import Outcome
from worker.fold.decide import Known
from worker.fold.identity import claims_of
from worker.fold.path import paths_of
from worker.fold.revise import Revision
from worker.model.item import Item
from worker.model.override import NO_OVERRIDES, Overrides
from worker.model.story import Story
from worker.store.stories import StoryStore

_PATHS_AT_ONCE = 8


class WorkingSet:
    """Stories, claims and paths of one batch.

    Attributes:
        stories: story id -> story as it will stand after the commits made so far.
        item_ids: claim -> item id.
        story_ids: item id -> story id.
        overrides: what people said of the items at hand. The stories of the items that they name are known here.
    """

    def __init__(self, store: StoryStore) -> None:
        self._store = store
        self.stories: dict[str, Story] = {}
        self.item_ids: dict[str, str] = {}
        self.story_ids: dict[str, str] = {}
        self.overrides: Overrides = NO_OVERRIDES
        self._spoken_of: set[str] = set()
        self._taken: dict[str, str] = {}

    @property
    def known(self) -> Known:
        """What is known of items, for decisions."""
        return Known(item_ids=self.item_ids, story_ids=self.story_ids)

    def look_up(self, items: list[Item]) -> None:
        """Read everything that folding these items may ask for. Only at the start of a batch."""
        claims = list(dict.fromkeys(claim for item in items for claim in claims_of(item)))
        self.item_ids = self._store.item_ids(claims)
        self.story_ids = self._store.story_ids(list(dict.fromkeys(self.item_ids.values())))
        self.stories = self._store.load(self.story_ids.values())
        self._taken = {}
        self.look_up_paths(items)
        self.look_up_overrides([*(item.item_id for item in items), *self.story_ids])

    def look_up_paths(self, items: Iterable[Item]) -> None:
        """Read who has the first path of each item. Before one of them founds a story."""
        first_paths = [next(paths_of(item.collection, item.title, item.published_at)) for item in items]
        self._taken.update(self._store.holders(list(dict.fromkeys(first_paths))))

    def look_up_claims(self, item: Item) -> None:
        """Read those claims of an item that were not asked for with its batch."""
        new = [claim for claim in claims_of(item) if claim not in self.item_ids]
        found = self._store.item_ids(new)
        self.item_ids.update(found)
        self.look_up_stories_of(found.values())

    def look_up_stories_of(self, item_ids: Iterable[str]) -> None:
        """Read the stories that hold these items."""
        item_ids = list(dict.fromkeys(item_ids))
        new = [item_id for item_id in item_ids if item_id not in self.story_ids]
        self.story_ids.update(self._store.story_ids(new))
        self.have(self.story_ids[item_id] for item_id in item_ids if item_id in self.story_ids)

    def look_up_overrides(self, item_ids: Iterable[str]) -> None:
        """Read what people said of these items, and where the items are of which that speaks."""
        new = [item_id for item_id in dict.fromkeys(item_ids) if item_id not in self._spoken_of]
        self._spoken_of.update(new)
        found = self._store.overrides.load(new)
        if not found:
            return
        self.overrides = found.with_changes(self.overrides)  # what this batch changed is newer than what was read
        others = {other for item_id in found.items for other in found.of(item_id).never}
        others.update(other for item_id in found.items for other in found.partners(item_id))
        unknown = sorted(others - self.story_ids.keys())
        self.story_ids.update(self._store.story_ids(unknown))

    def look_up_members(self, story_ids: Iterable[str]) -> None:
        """Read stories, and what people said of their members."""
        ids = list(dict.fromkeys(story_ids))
        self.have(ids)
        stories = [self.stories[story_id] for story_id in ids if story_id in self.stories]
        self.look_up_overrides([item.item_id for story in stories for item in story.items])

    def have(self, story_ids: Iterable[str]) -> None:
        """Read those of the stories that are not here yet."""
        missing = [story_id for story_id in story_ids if story_id not in self.stories]
        self.stories.update(self._store.load(missing))

    def story_of(self, item_id: str) -> Story | None:
        """The story that holds an item, as far as it was read."""
        return self.stories.get(self.story_ids.get(item_id, ""))

    def changed(self, outcome: Outcome) -> tuple[dict[str, str], dict[str, str]]:
        """Those claims and items of an outcome that the store does not have so already."""
        claims = {claim: each for claim, each in outcome.claims.items() if self.item_ids.get(claim) != each}
        items = {each: story for each, story in outcome.items.items() if self.story_ids.get(each) != story}
        return claims, items

    def note(self, revision: Revision, claims: dict[str, str], items: dict[str, str]) -> None:
        """Take over what a commit is going to write."""
        self.item_ids.update(claims)
        self.story_ids.update(items)
        for _, story in revision.writes:
            self.stories[story.story_id] = story
            self._taken[story.path] = story.story_id

    def note_overrides(self, changes: Overrides) -> None:
        """Take over what a commit is going to write of overrides."""
        self._spoken_of.update(changes.items)
        self.overrides = self.overrides.with_changes(changes)

    def free_path(self, story: Story) -> str:
        """The first path for a story that no other one has."""
        paths = paths_of(story.collection, story.lead.title, story.lead.published_at)
        first = next(paths)
        if self._taken.get(first, story.story_id) == story.story_id:
            return first
        while True:
            some = list(islice(paths, _PATHS_AT_ONCE))
            holders = {
                **self._store.holders(some),
                **{path: self._taken[path] for path in some if path in self._taken},
            }
            for path in some:
                if holders.get(path, story.story_id) == story.story_id:
                    return path
