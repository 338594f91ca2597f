"""Rules: what an operator wants kept, blocked, tagged or filed otherwise.

Rules are tried in the order of the file. ``keep`` and ``block`` end it; ``retag`` and ``recategorize`` change the
item, and later rules see the change. A rule speaks of documents only when it says so, and even then it leaves alone
the topics that a document gives.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from functools import lru_cache

from msgspec import Struct
from msgspec.structs import replace

from storyfold.errors import BlockedError
from worker.model.item import Item
from worker.normalize.rule_conditions import Condition, OlderThan, Subject, glob_holds
from worker.normalize.taxonomy import Taxonomy

KEEP = "keep"
BLOCK = "block"
RETAG = "retag"
RECATEGORIZE = "recategorize"


class Action(Struct, frozen=True, kw_only=True):
    """What a rule does.

    Attributes:
        kind: ``keep``, ``block``, ``retag`` or ``recategorize``.
        topics: the item's topics from now on, None when only some come or go.
        add: topics that come, with those that they bring.
        remove: topics that go, with all narrower ones.
        category: collection that the item goes to.
    """

    kind: str
    topics: tuple[str, ...] | None = None
    add: tuple[str, ...] = ()
    remove: tuple[str, ...] = ()
    category: str = ""

    def __str__(self) -> str:
        if self.kind == RECATEGORIZE:
            return f"{self.kind} {self.category}"
        if self.topics is not None:
            return f"{self.kind} {', '.join(self.topics) or 'to none'}"
        return " ".join([self.kind, *(f"+{name}" for name in self.add), *(f"-{name}" for name in self.remove)])


class Rule(Struct, frozen=True, kw_only=True):
    """One rule.

    Attributes:
        name: unique, without commas.
        feeds: globs of feeds' URLs, in parts between their stars; () for every item.
        conditions: all must hold.
        action: what it does then.
        is_for_documents: whether it speaks of dropped documents, too.
        is_named: it speaks of those feeds alone whose settings name it.
    """

    name: str
    feeds: tuple[tuple[str, ...], ...] = ()
    conditions: tuple[Condition | OlderThan, ...] = ()
    action: Action
    is_for_documents: bool = False
    is_named: bool = False

    def concerns(self, feed_url: str, is_of_document: bool, named: Collection[str] = ()) -> bool:
        """Whether the rule speaks of anything that comes from a feed, or in a document; ``named`` by the feed."""
        if is_of_document and not self.is_for_documents:
            return False
        if self.is_named:
            return self.name in named
        return not self.feeds or any(glob_holds(parts, feed_url) for parts in self.feeds)

    def holds(self, subject: Subject) -> bool:
        """Whether all conditions hold.

        A rule that asks for the text, when that is not known any more, holds as it did when it was known.
        """
        if not subject.is_text_known and self.reads_text:
            return self.name in applied_names(subject.item)
        return all(condition.holds(subject) for condition in self.conditions)

    @property
    def reads_text(self) -> bool:
        """Whether the rule asks for the entry's text, which is not stored."""
        return any(isinstance(each, Condition) and each.field == "text" for each in self.conditions)


class AppliedRule(Struct, frozen=True, kw_only=True):
    """A rule that spoke of an item, and what it did."""

    name: str
    did: str


class Ruling(Struct, frozen=True, kw_only=True):
    """What the rules make of an item.

    Attributes:
        item: as they leave it, None when it is blocked.
        applied: the rules that spoke of it, in their order; the last one blocked it, if it is blocked.
    """

    item: Item | None
    applied: tuple[AppliedRule, ...] = ()


class Rules:
    """All rules, compiled. Without any, they cost nothing.

    Args:
        rules: in the order in which they are tried.
        taxonomy: knows which topics others bring.
    """

    def __init__(self, rules: Sequence[Rule] = (), taxonomy: Taxonomy | None = None) -> None:
        self._rules = tuple(rules)
        self._taxonomy = taxonomy or Taxonomy()
        self._concerned = lru_cache(maxsize=4_096)(self._choose)

    def __len__(self) -> int:
        return len(self._rules)

    def __iter__(self) -> Iterator[Rule]:
        return iter(self._rules)

    @property
    def names_count(self) -> bool:
        """Whether it matters which rules a feed names."""
        return any(rule.is_named for rule in self._rules)

    def apply(self, item: Item, *, text: str | None, now: datetime, named: tuple[str, ...] = ()) -> Ruling:
        """What the rules make of an item. ``provenance`` of the result names them under ``rules``.

        Args:
            item: normalized.
            text: its plain text, None when it is not known any more.
            now: our clock.
            named: rules that the item's feed names in its settings.
        """
        if not self._rules:
            return Ruling(item=_signed(item, ()))
        subject = Subject(item, text, now)
        applied: list[AppliedRule] = []
        for rule in self._concerned(item.feed_url, is_of_document(item), named):
            if not rule.holds(subject):
                continue
            applied.append(AppliedRule(name=rule.name, did=str(rule.action)))
            if rule.action.kind == BLOCK:
                return Ruling(item=None, applied=tuple(applied))
            if rule.action.kind == KEEP:
                break
            subject.change(self._changed(subject.item, rule.action))
        return Ruling(item=_signed(subject.item, applied), applied=tuple(applied))

    def allowed(self, item: Item, *, text: str | None, now: datetime, named: tuple[str, ...] = ()) -> Item:
        """The item as the rules leave it.

        Raises:
            BlockedError: a rule blocks it; carries the names of the rules that spoke of it.
        """
        ruling = self.apply(item, text=text, now=now, named=named)
        if ruling.item is None:
            raise BlockedError(tuple(each.name for each in ruling.applied))
        return ruling.item

    def _choose(self, feed_url: str, is_of_document: bool, named: tuple[str, ...]) -> tuple[Rule, ...]:
        return tuple(rule for rule in self._rules if rule.concerns(feed_url, is_of_document, named))

    def _changed(self, item: Item, action: Action) -> Item:
        if action.kind == RECATEGORIZE:
            return replace(item, collection=action.category)
        if item.provenance.get("topics") == "given":
            return item
        topics = item.topics if action.topics is None else action.topics
        topics = self._taxonomy.without((*topics, *action.add), action.remove)
        return replace(item, topics=self._taxonomy.complete(topics))


NO_RULES = Rules()


def is_of_document(item: Item) -> bool:
    """Whether the item came in a story document, as its lead or as a related one."""
    return item.given is not None or item.provenance.get("title") == "given"


def applied_names(item: Item) -> tuple[str, ...]:
    """Names of the rules that spoke of an item when it came."""
    return tuple(filter(None, item.provenance.get("rules", "").split(", ")))


def _signed(item: Item, applied: Sequence[AppliedRule]) -> Item:
    names = ", ".join(each.name for each in applied)
    if names == item.provenance.get("rules", ""):
        return item
    others = {name: how for name, how in item.provenance.items() if name != "rules"}
    return replace(item, provenance={**others, "rules": names} if names else others)
