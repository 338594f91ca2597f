"""Story: a lead item and the other items that tell the same story, with id, revision and path."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct, field

from storyfold.document import Extra
from worker.model.item import Item


class Member(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An item in a story.

    Attributes:
        item: the newest version of it.
        joined_at: our clock when it joined.
        why: the rule or score by which it joined, in words, for ``stories explain``.
    """

    item: Item
    joined_at: datetime
    why: str = ""


class Story(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The state of one story as the store keeps it.

    Attributes:
        story_id: 16 lower-case hexadecimal characters; the id of the item that founded it.
        collection: slug.
        revision: number of states that consumers have seen, from 1.
        path: ``_news/2020-11-19-title.md``, kept for life.
        lead_id: item id of the lead.
        members: every item in the order of joining, the lead among them.
        pinned: the lead was fixed by a document (or a person) and is not chosen by rule.
        heat: quality when fresh, halved with age, -1 when cold.
        published: False for a draft.
        cools_at: when its heat is lower next; None when it is cold or is not cooled.
        secured: a private part made elsewhere, kept as it is.
        extras: keys of a dropped document that the schema does not know.
        content: body of a dropped document.
        created_at: our clock at revision 1.
        updated_at: our clock at the newest revision.
        merged_into: story id that took this one in; "" while it lives.
        retired: why it is told no longer, in words; "" while it lives.
    """

    story_id: str
    collection: str
    revision: int
    path: str
    lead_id: str
    members: tuple[Member, ...]
    pinned: bool = False
    heat: int = 0
    published: bool = True
    # Stored under its first name, which records of earlier versions have: such a story goes cold in its time.
    cools_at: datetime | None = field(default=None, name="cold_at")
    secured: str | None = None
    extras: tuple[Extra, ...] = ()
    content: str = ""
    created_at: datetime
    updated_at: datetime
    merged_into: str = ""
    retired: str = ""

    @property
    def is_gone(self) -> bool:
        """It was merged away or retired: no list has it, and no item is compared with it."""
        return bool(self.merged_into or self.retired)

    @property
    def lead(self) -> Item:
        """The lead item."""
        for member in self.members:
            if member.item.item_id == self.lead_id:
                return member.item
        raise LookupError(f"story {self.story_id} has no member {self.lead_id}, which it names as its lead")

    @property
    def items(self) -> tuple[Item, ...]:
        """All items in the order of joining."""
        return tuple(member.item for member in self.members)

    @property
    def first_at(self) -> datetime:
        """When its earliest item was published."""
        return min(member.item.published_at for member in self.members)

    @property
    def last_at(self) -> datetime:
        """When its latest item was published."""
        return max(member.item.published_at for member in self.members)

    @property
    def grown_at(self) -> datetime:
        """When its newest member joined, by our clock."""
        return max(member.joined_at for member in self.members)

    def member(self, item_id: str) -> Member | None:
        """The member with this item id, None when it is not in the story."""
        return next((member for member in self.members if member.item.item_id == item_id), None)
