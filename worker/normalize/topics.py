"""Topics of an item: a taxonomy of names with keywords and hashtags, matched on whole words.

Keywords match without regard to letter case, save short ones in capitals (``AI``, ``IT``, ``US``), which
match only as written. Hyphens and spaces between the words of a keyword are alike. The time is linear in
the text: one pass makes its words; only keywords whose first word is among them are looked for.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import yaml
from msgspec import Struct

from storyfold.errors import SettingsError

MAX_EXACT_CHARS = 4  # keywords in capitals up to this length are matched as written

# Stands between fields, so that no keyword spans two of them.
_FIELD_END = " | "
_HASHTAG = re.compile(r"#(\w+)")


_WORD = re.compile(r"[\w+#]+|\|")
# ASCII text is parted without the regular expression, four times as fast; with the typographic marks of
# English out of the way that is most of its text.
_ASCII_SEPARATORS = {code: " " for code in range(128) if not (chr(code).isalnum() or chr(code) in "_+#|")}
_TYPOGRAPHIC_MARKS = "\u2019\u2018\u201c\u201d\u2013\u2014\u2026"


class Topic(Struct, frozen=True, kw_only=True):
    """One label of the taxonomy.

    Attributes:
        name: as it stands in documents.
        parent: name of the wider topic, "" when there is none.
        keywords: words or phrases that tell of the topic.
        hashtags: with or without the leading ``#``.
    """

    name: str
    parent: str = ""
    keywords: tuple[str, ...] = ()
    hashtags: tuple[str, ...] = ()


class Taxonomy:
    """All topics, ready for matching.

    Args:
        topics: in any order; every parent must be among them.

    Raises:
        SettingsError: a name occurs twice, a parent is missing or is its own descendant.
    """

    def __init__(self, topics: Iterable[Topic] = ()) -> None:
        listed = list(topics)
        self._topics = {topic.name: topic for topic in listed}
        if len(self._topics) != len(listed):
            raise SettingsError("topics: a name occurs twice; each topic needs a name of its own")
        self._position = {name: at for at, name in enumerate(self._children_first())}
        self._exact: dict[str, list[str]] = {}
        self._singles: dict[str, list[str]] = {}
        self._phrases: dict[str, list[tuple[str, str]]] = {}
        self._hashtags: dict[str, list[str]] = {}
        for topic in listed:
            self._add(topic)
        self._single_words = frozenset(self._singles)
        self._starts = frozenset(self._phrases)
        self._exact_folded = frozenset(word.casefold() for word in self._exact)

    def __len__(self) -> int:
        return len(self._topics)

    def match(self, texts: Sequence[str], labels: Sequence[str] = ()) -> tuple[str, ...]:
        """Names of the topics that these texts tell of, every child before its parent.

        The order is that of the taxonomy, not of the text, so that an edited text does not reorder them.

        Args:
            texts: title, excerpt and the like, as plain text in one line each.
            labels: categories as the source gave them; one that equals a keyword or hashtag counts.
        """
        if not self._topics:
            return ()
        text = _FIELD_END.join((*texts, *labels))
        names = self._match_words(text)
        if "#" in text or labels:
            tags = {tag.casefold() for tag in _HASHTAG.findall(text)}
            tags.update(label.casefold().replace(" ", "").lstrip("#") for label in labels)
            for tag in self._hashtags.keys() & tags:
                names.update(self._hashtags[tag])
        for name in tuple(names):
            names.update(self._ancestors(name))
        return tuple(sorted(names, key=self._position.__getitem__))

    def _match_words(self, text: str) -> set[str]:
        words = _words(text.casefold())
        distinct = set(words)
        names: set[str] = set()
        if not distinct.isdisjoint(self._exact_folded):
            for word in self._exact.keys() & set(_words(text)):
                names.update(self._exact[word])
        for word in self._single_words & distinct:
            names.update(self._singles[word])
        starts = self._starts & distinct
        if starts:
            line = f" {' '.join(words)} "
            names.update(name for word in starts for phrase, name in self._phrases[word] if phrase in line)
        return names

    def _add(self, topic: Topic) -> None:
        for keyword in topic.keywords:
            words = tuple(_words(keyword.casefold()))
            if len(words) == 1 and keyword.isupper() and len(keyword) <= MAX_EXACT_CHARS:
                self._exact.setdefault(keyword, []).append(topic.name)
            elif len(words) == 1:
                self._singles.setdefault(words[0], []).append(topic.name)
            elif words:
                self._phrases.setdefault(words[0], []).append((f" {' '.join(words)} ", topic.name))
        for hashtag in topic.hashtags:
            for tag in hashtag.split():
                self._hashtags.setdefault(tag.lstrip("#").casefold(), []).append(topic.name)

    def _ancestors(self, name: str) -> list[str]:
        """Names of the wider topics, nearest first."""
        line: list[str] = []
        while parent := self._topics[name].parent:
            if parent not in self._topics:
                raise SettingsError(f"topics: {name} names the parent {parent}, but there is no such topic")
            if parent in line or parent == name:
                raise SettingsError(f"topics: {parent} is its own ancestor; mend one of the parents")
            line.append(parent)
            name = parent
        return line

    def _children_first(self) -> list[str]:
        lines = {name: [name, *self._ancestors(name)][::-1] for name in self._topics}
        order = list(self._topics)
        places = {name: tuple(order.index(step) for step in line) for name, line in lines.items()}
        # Sorted by the way from the root; a node comes after all that begin with its way.
        return sorted(order, key=lambda name: (*places[name], len(order)))


def _words(text: str) -> list[str]:
    if "#" in text:  # a hash sign belongs to the word before it (C#), not to the one behind it (#news)
        text = _HASHTAG.sub(r" \1", text)
    if not text.isascii():
        for mark in _TYPOGRAPHIC_MARKS:
            text = text.replace(mark, " ")
        if not text.isascii():
            return _WORD.findall(text)
    return text.translate(_ASCII_SEPARATORS).split()


def load_taxonomy(folder: Path) -> Taxonomy:
    """Read every ``*.yaml`` of a folder, one topic a file, in the order of the file names.

    Raises:
        SettingsError: a file is no topic, or the topics do not fit together.
    """
    return Taxonomy(_read_topic(path) for path in sorted(folder.glob("*.yaml")))


def _read_topic(path: Path) -> Topic:
    try:
        values = yaml.safe_load(path.read_text(encoding="utf-8-sig"))
    except yaml.YAMLError as error:
        raise SettingsError(f"{path}: no YAML: {error}") from error
    if not isinstance(values, dict) or not isinstance(values.get("name"), str) or not values["name"].strip():
        raise SettingsError(f"{path}: a topic needs a name, which is a text")
    parent = values.get("parent") or ""
    if not isinstance(parent, str):
        raise SettingsError(f"{path}: parent is the name of a topic, which is a text")
    return Topic(
        name=values["name"].strip(),
        parent=parent.strip(),
        keywords=_texts(path, values, "keywords"),
        hashtags=_texts(path, values, "hashtags"),
    )


def _texts(path: Path, values: dict[str, Any], key: str) -> tuple[str, ...]:
    listed = values.get(key) or []
    if not isinstance(listed, list) or not all(isinstance(text, str) for text in listed):
        raise SettingsError(f"{path}: {key} is a list of texts; quote what YAML reads as something else")
    return tuple(listed)
