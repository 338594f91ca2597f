"""Topics of an item: a taxonomy of names with keywords and hashtags, and points for what is found of them.

| where a keyword stands | points |
| --- | --- |
| in the title | 3 |
| in a label of the source, or as the whole of it | 3 |
| a hashtag of the topic in title, excerpt or labels; the topic's name as a label | 3 |
| in the excerpt | 1 |

A keyword's points are multiplied by its weight, which is 1 unless the file says otherwise. A keyword counts once, at
its best place; its plural is the same keyword, and one inside a longer one of the same topic (``AI`` in
``AI model``) does not count beside it. An item has a topic from 2 points on: one passing mention in the excerpt is
not enough, two different ones are. A topic brings the wider ones after it.

Keywords match whole words in any letter case. Those of at most four capitals (``AI``, ``US``), and those with ``case:
true``, match only as written, and not at all in a title or excerpt that stands in capitals throughout; ``case:
false`` lifts that for names that are no word in small letters (``NASA``). As the whole of a label they match in any
case. Keywords in scripts without spaces match anywhere in the text.

The texts are those that the store keeps (title, excerpt, labels), so that topics can be found again later. Time is
linear in them for any number of keywords.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from functools import lru_cache

from msgspec import Struct

from storyfold.errors import SettingsError
from worker.normalize.keyword_trie import KeywordTrie
from worker.normalize.topic import Found, Keyword, Topic, TopicScore
from worker.normalize.topic_words import hashtags_of, is_shouted, is_unspaced, split_words, unified

MAX_EXACT_CHARS = 4  # keywords in capitals up to this length are matched as written
THRESHOLD = 2.0
POINTS = {"title": 3.0, "label": 3.0, "hashtag": 3.0, "excerpt": 1.0}


class _Entry(Struct, frozen=True):
    """A keyword in the index. ``exact`` holds its words as they must be written, () when case does not matter;
    ``same`` is alike for singular and plural."""

    topic: str
    text: str
    weight: float
    exact: tuple[str, ...]
    same: str

    def found(self, place: str) -> Found:
        return Found(keyword=self.text, place=place, points=round(POINTS[place] * self.weight, 2))


_Evidence = dict[str, dict[str, Found]]  # topic -> what stands for the same keyword -> the best of it


class Taxonomy:
    """All topics, ready for matching.

    Args:
        topics: in any order; every parent must be among them.

    Raises:
        SettingsError: a name occurs twice, a parent is missing or is its own descendant.
    """

    def __init__(self, topics: Iterable[Topic] = ()) -> None:
        self.topics = tuple(topics)
        self._by_name = {topic.name: topic for topic in self.topics}
        if len(self._by_name) != len(self.topics):
            raise SettingsError("topics: a name occurs twice; each topic needs a name of its own")
        self._ancestors = {name: self._ancestors_of(name) for name in self._by_name}
        self._position = {name: at for at, name in enumerate(self._children_first())}
        self._phrases: KeywordTrie[_Entry] = KeywordTrie()
        self._unspaced: KeywordTrie[_Entry] = KeywordTrie()
        self._as_label: defaultdict[str, list[_Entry]] = defaultdict(list)
        self._hashtags: defaultdict[str, list[tuple[str, str]]] = defaultdict(list)
        for topic in self.topics:
            self._add(topic)
        # a source gives the same few labels again and again
        self._in_label = lru_cache(maxsize=4_096)(self._search_label)

    def __len__(self) -> int:
        return len(self.topics)

    def __contains__(self, name: str) -> bool:
        return name in self._by_name

    def match(self, title: str, excerpt: str = "", labels: Sequence[str] = ()) -> tuple[str, ...]:
        """Names of the topics that these texts tell of, every child before its parent.

        The order is that of the taxonomy, not of the text, so that an edited text does not reorder them.

        Args:
            title: plain text in one line.
            excerpt: likewise.
            labels: categories as the source gave them.
        """
        if not self.topics:
            return ()
        evidence = self._gather(title, excerpt, labels)
        if not evidence:
            return ()
        return self.complete(name for name, found in evidence.items() if _points(found) >= THRESHOLD)

    def explain(self, title: str, excerpt: str = "", labels: Sequence[str] = ()) -> tuple[TopicScore, ...]:
        """Every topic of which anything was found, and those that they bring: the tagged ones as :meth:`match` orders
        them, then those below the threshold, the nearest first."""
        evidence = self._gather(title, excerpt, labels)
        own = {name for name, found in evidence.items() if _points(found) >= THRESHOLD}
        tagged = self.complete(own)
        below = sorted(set(evidence) - set(tagged), key=lambda name: (-_points(evidence[name]), self._position[name]))
        return tuple(
            TopicScore(
                name=name,
                points=_points(evidence.get(name, {})),
                is_tagged=name in tagged,
                brought_by=()
                if name in own
                else tuple(other for other in tagged if other in own and name in self._ancestors[other]),
                found=tuple(sorted(evidence.get(name, {}).values(), key=lambda each: (-each.points, each.keyword))),
            )
            for name in (*tagged, *below)
        )

    def complete(self, names: Iterable[str]) -> tuple[str, ...]:
        """Topics with the wider ones that they bring, in the order of the taxonomy. Unknown names are left out."""
        known = {name for name in names if name in self._by_name}
        for name in tuple(known):
            known.update(self._ancestors[name])
        return tuple(sorted(known, key=self._position.__getitem__))

    def without(self, names: Iterable[str], removed: Iterable[str]) -> tuple[str, ...]:
        """Topics without some of them and all narrower ones, which would bring them back."""
        gone = set(removed)
        return tuple(name for name in names if not gone & {name, *self._ancestors.get(name, ())})

    def _gather(self, title: str, excerpt: str, labels: Sequence[str]) -> _Evidence:
        evidence: _Evidence = {}
        for place, text in (("title", title), ("excerpt", excerpt)):
            self._search(evidence, place, text)
            for tag in hashtags_of(text):
                self._note_hashtag(evidence, tag)
        for label in labels:
            for topic, found in self._in_label(label).items():
                for same, each in found.items():
                    _note(evidence, topic, same, each)
        return evidence

    def _search_label(self, label: str) -> _Evidence:
        evidence: _Evidence = {}
        self._search(evidence, "label", label)
        folded = label.casefold()
        for tag in {"".join(folded.split()).lstrip("#"), *hashtags_of(label)}:
            self._note_hashtag(evidence, tag)
        for entry in self._as_label.get(" ".join(split_words(folded)), ()):
            _note(evidence, entry.topic, entry.same, entry.found("label"))
        return evidence

    def _search(self, evidence: _Evidence, place: str, text: str) -> None:
        folded = text.casefold()
        words = split_words(folded)
        longest: defaultdict[str, list[tuple[int, int, _Entry]]] = defaultdict(list)
        cased: list[str] | None = None
        for start, end, entries in self._phrases.find(words):
            for entry in entries:
                if entry.exact:
                    cased = _telling_words(text, len(words)) if cased is None else cased
                    if tuple(cased[start:end]) != entry.exact:
                        continue
                _keep_longest(longest[entry.topic], start, end, entry)
        for hits in longest.values():
            for _, _, entry in hits:
                _note(evidence, entry.topic, entry.same, entry.found(place))
        if self._unspaced and is_unspaced(text):
            self._search_unspaced(evidence, place, unified(folded))

    def _search_unspaced(self, evidence: _Evidence, place: str, text: str) -> None:
        longest: defaultdict[str, list[tuple[int, int, _Entry]]] = defaultdict(list)
        for start, end, entries in self._unspaced.find(text):
            for entry in entries:
                _keep_longest(longest[entry.topic], start, end, entry)
        for hits in longest.values():
            for _, _, entry in hits:
                _note(evidence, entry.topic, entry.same, entry.found(place))

    def _note_hashtag(self, evidence: _Evidence, tag: str) -> None:
        for topic, hashtag in self._hashtags.get(tag, ()):
            found = Found(keyword=hashtag, place="hashtag", points=POINTS["hashtag"])
            _note(evidence, topic, f"#{tag}", found)

    def _add(self, topic: Topic) -> None:
        for each in topic.keywords:
            keyword = Keyword(text=each) if isinstance(each, str) else each
            words = split_words(keyword.text.casefold())
            if not words:
                continue
            entry = _entry(topic.name, keyword, words)
            if is_unspaced(keyword.text):
                self._unspaced.add(unified(keyword.text.casefold()), entry)
            else:
                self._phrases.add(words, entry)
            self._as_label[" ".join(words)].append(entry)
        name = split_words(topic.name.casefold())
        self._as_label[" ".join(name)].append(_Entry(topic.name, topic.name, 1.0, (), " ".join(name)))
        for hashtag in topic.hashtags:
            for tag in hashtag.split():
                bare = tag.lstrip("#")
                self._hashtags[bare.casefold()].append((topic.name, f"#{bare}"))

    def _ancestors_of(self, name: str) -> tuple[str, ...]:
        """Names of the wider topics, nearest first."""
        line: list[str] = []
        first = name
        while parent := self._by_name[name].parent:
            if parent not in self._by_name:
                raise SettingsError(f"topics: {name} names the parent {parent}, but there is no such topic")
            if parent in line or parent == first:
                raise SettingsError(f"topics: {parent} is its own ancestor; mend one of the parents")
            line.append(parent)
            name = parent
        return tuple(line)

    def _children_first(self) -> list[str]:
        order = {name: at for at, name in enumerate(self._by_name)}
        # Sorted by the way from the root; a node comes after all that begin with its way.
        ways = {name: [order[step] for step in (name, *self._ancestors[name])][::-1] for name in order}
        return sorted(order, key=lambda name: (*ways[name], len(order)))


def _entry(topic: str, keyword: Keyword, words: list[str]) -> _Entry:
    by_rule = keyword.text.isupper() and len(keyword.text) <= MAX_EXACT_CHARS and len(words) == 1
    is_exact = by_rule if keyword.case is None else keyword.case
    exact = tuple(split_words(keyword.text)) if is_exact else ()
    line = " ".join(words)
    same = line[:-1] if len(line) > 3 and line.endswith("s") else line
    return _Entry(topic, keyword.text, keyword.weight, exact, same)


def _telling_words(text: str, count: int) -> list[str]:
    """The words as written; none where capitals tell nothing, or where folding has changed the number of words."""
    words = split_words(text)
    return [] if len(words) != count or is_shouted(words) else words


def _keep_longest(hits: list[tuple[int, int, _Entry]], start: int, end: int, entry: _Entry) -> None:
    """Add a hit unless an earlier one holds it; one that it holds goes. Hits come by start, the shorter first."""
    if hits and hits[-1][1] >= end and hits[-1][:2] != (start, end):
        return
    while hits and hits[-1][0] == start and hits[-1][1] < end:
        hits.pop()
    hits.append((start, end, entry))


def _note(evidence: _Evidence, topic: str, same: str, found: Found) -> None:
    of_topic = evidence.setdefault(topic, {})
    before = of_topic.get(same)
    if before is None or before.points < found.points:
        of_topic[same] = found


def _points(found: dict[str, Found]) -> float:
    return round(sum(each.points for each in found.values()), 2)
