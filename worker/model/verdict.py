"""Verdict: what topics and rules say of a stored item when they are asked again."""

from __future__ import annotations

from msgspec import Struct


class Verdict(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is to become of one item.

    Attributes:
        item_id: the item.
        fingerprint: of the item that was looked at; a newer version of it has been judged since, and stays.
        topics: from now on.
        rules: names of the rules that spoke of it, as ``provenance`` has them.
        gone: why it leaves its story, in words; "" when it stays.
    """

    item_id: str
    fingerprint: str
    topics: tuple[str, ...] = ()
    rules: str = ""
    gone: str = ""


class Judgement(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The verdicts on the items of one story; goes through the lane."""

    story_id: str
    verdicts: tuple[Verdict, ...]
