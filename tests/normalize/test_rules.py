"""Rules: which item they speak of, what they do to it, and which file is refused."""

from __future__ import annotations

import pickle
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from storyfold.document import Provider
from storyfold.errors import BlockedError, SettingsError
from worker.model.entry import Entry, Source
from worker.model.item import Given, Item
from worker.normalize.item import Context, normalize
from worker.normalize.providers import Organizations
from worker.normalize.rule_file import load_rules
from worker.normalize.rules import Rules, Ruling
from worker.normalize.taxonomy import Taxonomy
from worker.normalize.topic import Topic

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
TAXONOMY = Taxonomy(
    [
        Topic(name="AI", keywords=("AI",)),
        Topic(name="Computer Vision", parent="AI"),
        Topic(name="World"),
    ]
)
ITEM = Item(
    item_id="0" * 16,
    collection="news",
    source=Source.FEED,
    title="Sponsored: Überraschung at Harbour-Bridge, say engineers",
    excerpt="The harbour board is surprised. 日本から",
    published_at=NOW - timedelta(hours=30),
    original_url="https://www.harbor-herald.example/sports/1?a=b",
    web_url="https://www.harbor-herald.example/sports/1",
    provider=Provider(name="Harbor Herald", domain="harbor-herald.example"),
    topics=("Computer Vision", "AI"),
    labels=("Football", "Harbour news"),
    author="Jo Doe",
    language="en-GB",
    feed_url="https://feeds.example/a[1].xml?key=1",
    first_seen_at=NOW,
)

Read = Callable[[str], Rules]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """Rules from the text of a file."""

    def load(text: str) -> Rules:
        path = tmp_path / "rules.yaml"
        path.write_text(text, encoding="utf-8")
        return load_rules(path, TAXONOMY)

    return load


def judge(rules: Rules, item: Item = ITEM, text: str | None = "") -> Ruling:
    return rules.apply(item, text=text, now=NOW)


@pytest.mark.parametrize(
    ("when", "holds"),
    [
        ("{}", True),
        ("{title: '^Sponsored'}", True),
        ("{title: '^sponsored'}", False),
        ("{title: '(?i)^sponsored'}", True),
        ("{title: ['nothing', 'engineers$']}", True),
        ("{title: {match: 'Spons', contains: engineers}}", True),
        ("{title: {match: 'Spons', contains: engineer}}", False),
        ("{title: {contains: harbour bridge}}", True),
        ("{title: {contains: ÜBERRASCHUNG}}", True),
        ("{title: {contains: Überrasch}}", False),
        ("{title: {contains: [nothing, say engineers]}}", True),
        ("{excerpt: {contains: 日本}}", True),
        ("{title: {not: 'Spons'}}", False),
        ("{title: {not: 'nothing'}}", True),
        ("{title: {not: {contains: [nothing, engineers]}}}", False),
        ("{title: {match: 'Spons', not: {contains: charity}}}", True),
        ("{title: {match: 'Spons', not: {contains: engineers}}}", False),
        ("{title: {is: 'sponsored:*engineers'}}", True),
        ("{text: 'whole'}", True),
        ("{text: {not: whole}}", False),
        ("{url: '^https://www\\.harbor-herald\\.example/sports/'}", True),
        ("{url: '\\?a=b'}", False),
        ("{host: www.harbor-herald.example}", True),
        ("{host: harbor-herald.example}", True),
        ("{host: herald.example}", False),
        ("{domain: [a.example, HARBOR-herald.example]}", True),
        ("{domain: '*.example'}", True),
        ("{domain: example}", True),
        ("{domain: herald.example}", False),
        ("{provider: harbor herald}", True),
        ("{provider: harbor}", False),
        ("{provider: {match: '^Harbor'}}", True),
        ("{author: 'Doe$'}", True),
        ("{author: {is: jo doe}}", True),
        ("{topic: AI}", True),
        ("{topic: World}", False),
        ("{topic: {not: World}}", True),
        ("{label: football}", True),
        ("{label: {contains: harbour}}", True),
        ("{label: {not: {is: '*'}}}", False),
        ("{language: en}", True),
        ("{language: en-gb}", True),
        ("{language: en-US}", False),
        ("{language: e}", False),
        ("{type: article}", True),
        ("{type: video}", False),
        ("{category: news}", True),
        ("{category: sports}", False),
        ("{older_than_hours: 29.5}", True),
        ("{older_than_hours: 31}", False),
        ("{title: Sponsored, domain: a.example}", False),
        ("{title: Sponsored, domain: harbor-herald.example}", True),
    ],
)
def test_condition_holds_or_not(read: Read, when: str, holds: bool) -> None:
    rules = read(f"rules: [{{name: r, when: {when}, do: block}}]")
    assert (judge(rules, text="the whole text").item is None) is holds


@pytest.mark.parametrize("field", ["author", "label", "language", "excerpt", "text"])
def test_field_that_an_item_lacks_satisfies_only_not(read: Read, field: str) -> None:
    bare = replace(ITEM, author="", labels=(), language="", excerpt="")
    assert judge(read(f"rules: [{{name: r, when: {{{field}: {{is: '*'}}}}, do: block}}]"), bare).item is not None
    assert judge(read(f"rules: [{{name: r, when: {{{field}: {{match: '.*'}}}}, do: block}}]"), bare).item is not None
    assert judge(read(f"rules: [{{name: r, when: {{{field}: {{not: {{is: '*'}}}}}}, do: block}}]"), bare).item is None


@pytest.mark.parametrize(
    ("feed", "holds"),
    [
        ("'https://feeds.example/a[1].xml?key=1'", True),
        ("'https://feeds.example/a[1].xml'", False),
        ("'https://feeds.example/*'", True),
        ("'*'", True),
        ("'*.xml*1'", True),
        ("'https://feeds.example/?.xml'", False),
        ("['https://other.example/*', 'https://feeds.example/*']", True),
        ("'https://other.example/*'", False),
    ],
)
def test_rule_of_a_feed_speaks_of_that_feed_only(read: Read, feed: str, holds: bool) -> None:
    assert (judge(read(f"rules: [{{name: r, feed: {feed}, do: block}}]")).item is None) is holds


def test_named_rule_speaks_of_those_feeds_that_name_it(read: Read) -> None:
    rules = read("rules: [{name: r, feed: named, do: block}]")
    assert rules.names_count
    assert not read("rules: [{name: r, do: block}]").names_count
    for named, holds in (((), False), (("other",), False), (("other", "r"), True)):
        assert (rules.apply(ITEM, text="", now=NOW, named=named).item is None) is holds


def test_rules_go_in_order_and_keep_ends_them(read: Read) -> None:
    text = """
    rules:
      - {name: first, when: {domain: other.example}, do: block}
      - {name: second, do: {retag: {add: [World]}}}
      - {name: third, when: {topic: World}, do: keep}
      - {name: fourth, do: block}
    """
    ruling = judge(read(text))
    assert [(each.name, each.did) for each in ruling.applied] == [("second", "retag +World"), ("third", "keep")]
    assert ruling.item is not None
    assert ruling.item.topics == ("Computer Vision", "AI", "World")
    assert ruling.item.provenance["rules"] == "second, third"


def test_block_ends_it_and_names_the_rule(read: Read) -> None:
    rules = read("rules: [{name: tag, do: {retag: []}}, {name: stop, do: block}, {name: never, do: keep}]")
    ruling = judge(rules)
    assert ruling.item is None
    assert [each.name for each in ruling.applied] == ["tag", "stop"]
    with pytest.raises(BlockedError, match="blocked-by-rule: the rule 'stop' blocks it") as caught:
        rules.allowed(ITEM, text="", now=NOW)
    assert caught.value.rules == ("tag", "stop")
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)  # noqa: S301


@pytest.mark.parametrize(
    ("retag", "topics"),
    [
        ("[World]", ("World",)),
        ("[]", ()),
        ("{add: [World]}", ("Computer Vision", "AI", "World")),
        ("{remove: [Computer Vision]}", ("AI",)),
        ("{remove: [AI]}", ()),
        ("{add: [World], remove: [AI]}", ("World",)),
        ("[Computer Vision]", ("Computer Vision", "AI")),
    ],
)
def test_retagged_item_has_what_its_topics_bring_and_nothing_that_brings_a_removed_one(
    read: Read, retag: str, topics: tuple[str, ...]
) -> None:
    ruling = judge(read(f"rules: [{{name: r, do: {{retag: {retag}}}}}]"))
    assert ruling.item is not None
    assert ruling.item.topics == topics


def test_recategorized_item_goes_to_the_other_collection_and_later_rules_see_it(read: Read) -> None:
    text = "rules: [{name: a, do: {recategorize: sports}}, {name: b, when: {category: sports}, do: keep}]"
    ruling = judge(read(text))
    assert ruling.item is not None
    assert ruling.item.collection == "sports"
    assert [each.did for each in ruling.applied] == ["recategorize sports", "keep"]


def test_document_is_ruled_only_when_the_rule_says_so_and_keeps_the_topics_that_it_gives(read: Read) -> None:
    document = replace(ITEM, given=Given(), provenance={"title": "given", "topics": "given"})
    assert judge(read("rules: [{name: r, do: block}]"), document).item == document
    assert judge(read("rules: [{name: r, documents: true, do: block}]"), document).item is None
    moved = judge(read("rules: [{name: r, documents: true, do: {recategorize: sports}}]"), document).item
    assert moved is not None
    assert moved.collection == "sports"
    kept = judge(read("rules: [{name: r, documents: true, do: {retag: []}}]"), document).item
    assert kept is not None
    assert kept.topics == ITEM.topics
    untagged = replace(document, topics=(), provenance={"title": "given"})
    tagged = judge(read("rules: [{name: r, documents: true, do: {retag: [World]}}]"), untagged).item
    assert tagged is not None
    assert tagged.topics == ("World",)


def test_rule_that_asks_for_the_text_holds_as_before_when_the_text_is_not_known(read: Read) -> None:
    rules = read("rules: [{name: r, when: {text: secret}, do: {retag: [World]}}]")
    first = judge(rules, text="a secret").item
    assert first is not None
    again = judge(rules, replace(first, topics=ITEM.topics), text=None).item
    assert again == first
    assert judge(rules, text=None).item == ITEM


def test_without_rules_nothing_changes(tmp_path: Path) -> None:
    for rules in (Rules(), load_rules(tmp_path / "none.yaml", TAXONOMY)):
        assert not rules
        assert judge(rules).item is ITEM


def test_bundled_file_holds_no_rules(project_root: Path) -> None:
    assert len(load_rules(project_root / "config" / "rules.yaml", TAXONOMY)) == 0


def test_examples_of_the_bundled_file_are_rules(project_root: Path, read: Read) -> None:
    text = (project_root / "config" / "rules.yaml").read_text(encoding="utf-8")
    commented = text[text.index("# rules:") :]
    lines = [line.removeprefix("# ").removeprefix("#") for line in commented.splitlines()]
    assert len(read("\n".join(lines))) == 3


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("rules: [{do: block}]", "rule number 1: name:"),
        ("rules: [{name: a, do: block}, {name: a, do: keep}]", "rule 'a': name: another rule has it"),
        ("rules: [{name: 'a, b', do: block}]", "rule 'a, b': name:"),
        ("rules: [{name: a}]", "rule 'a': do: is one of"),
        ("rules: [{name: a, do: drop}]", "rule 'a': do: is one of"),
        ("rules: [{name: a, do: {retag: [], recategorize: b}}]", "rule 'a': do: is one of"),
        ("rules: [{name: a, do: {recategorize: 'No Slug'}}]", "rule 'a': do.recategorize: 'No Slug'"),
        ("rules: [{name: a, do: {retag: World}}]", "rule 'a': do.retag: is a list"),
        (
            "rules: [{name: a, do: {retag: {add: [Nobody]}}}]",
            "rule 'a': do.retag.add: the taxonomy has no topic",
        ),
        ("rules: [{name: a, when: {titel: x}, do: keep}]", "rule 'a': when.titel: is none of title"),
        ("rules: [{name: a, when: {title: '(a'}, do: keep}]", "rule 'a': when.title: no regular expression"),
        ("rules: [{name: a, when: {title: '(?=a)'}, do: keep}]", "rule 'a': when.title: no regular expression"),
        ("rules: [{name: a, when: {title: ['a', '(']}, do: keep}]", "when.title: no regular expression"),
        ("rules: [{name: a, when: {title: {not: '('}}, do: keep}]", "when.title.not: no regular expression"),
        ("rules: [{name: a, when: {title: {contains: '--'}}, do: keep}]", "when.title.contains: '--' holds no word"),
        ("rules: [{name: a, when: {title: {has: b}}, do: keep}]", "when.title.has: is none of"),
        ("rules: [{name: a, when: {title: {}}, do: keep}]", "when.title: says nothing"),
        ("rules: [{name: a, when: {title: no}, do: keep}]", "when.title: False is no text"),
        ("rules: [{name: a, when: {title: []}, do: keep}]", "when.title: wants one value"),
        ("rules: [{name: a, when: {topic: Nobody}, do: keep}]", "when.topic: there is no topic 'Nobody'"),
        ("rules: [{name: a, when: {type: audio}, do: keep}]", "when.type: there is no type 'audio'"),
        ("rules: [{name: a, when: {older_than_hours: old}, do: keep}]", "when.older_than_hours: 'old'"),
        ("rules: [{name: a, when: [title], do: keep}]", "rule 'a': when: is no mapping"),
        ("rules: [{name: a, documents: 1, do: keep}]", "rule 'a': documents:"),
        ("rules: [{name: a, feed: 3, do: keep}]", "rule 'a': feed: 3 is no text"),
        ("rules: [{name: a, then: keep}]", "rule 'a': then: is none of"),
        ("rules: [a]", "rule number 1: rule: is no mapping"),
        ("rules: {a: b}", "with a list of rules"),
        ("rule: []", "one key, rules"),
        ("text", "one key, rules"),
        ("rules: [", "cannot be read"),
        ("rules: [{name: a, when: {title: " + "x" * 10_001 + "}, do: keep}]", "a pattern of 10001 characters"),
        ("rules: [" + "{name: a, do: keep}, " * 2_001 + "]", "2001 rules"),
    ],
)
def test_wrong_file_is_one_line_with_file_rule_and_field(read: Read, text: str, fault: str) -> None:
    with pytest.raises(SettingsError, match=r"rules\.yaml: ") as caught:
        read(text)
    assert fault in str(caught.value)
    assert "\n" not in str(caught.value)


def test_hostile_pattern_takes_linear_time(read: Read) -> None:
    """It would take a backtracking engine longer than the age of the universe."""
    rules = read("rules: [{name: a, when: {title: '^(a+)+$'}, do: block}]")
    start = time.process_time()
    assert judge(rules, replace(ITEM, title="a" * 5_000 + "!")).item is not None
    assert time.process_time() - start < 1.0


@given(st.text(st.characters()), st.text())
def test_rules_are_total(title: str, label: str) -> None:
    item = replace(ITEM, title=title, labels=(label,), author="\ud800", web_url="https://[bad")
    assert judge(RULES, item).item == item


def _rules() -> Rules:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "rules.yaml"
        path.write_text(
            "rules: [{name: a, when: {title: {match: 'q{3}zz', contains: [qqzz, 日本国憲]}, label: {is: 'q*z*q'},"
            " host: a.example, author: '^q$'}, do: block}]"
        )
        return load_rules(path, TAXONOMY)


RULES = _rules()


def context(rules: Rules) -> Context:
    return Context(collection="news", taxonomy=TAXONOMY, organizations=Organizations(), rules=rules)


def entry(**given: Any) -> Entry:
    values: dict[str, Any] = {"link": "https://a.example/1", "title": "Sponsored AI", "summary": "<p>Full text.</p>"}
    return Entry(source=Source.FEED, feed_url="https://a.example/feed", **(values | given))


def test_normalizing_applies_the_rules_before_it_scores(read: Read) -> None:
    plain = normalize(entry(), now=NOW, context=context(Rules()))
    assert plain.topics == ("AI",)
    rules = read("rules: [{name: r, when: {text: '^Full text'}, do: {retag: []}}]")
    ruled = normalize(entry(), now=NOW, context=context(rules))
    assert ruled.topics == ()
    assert ruled.quality < plain.quality
    assert ruled.provenance["rules"] == "r"
    with pytest.raises(BlockedError):
        normalize(entry(), now=NOW, context=context(read("rules: [{name: r, when: {title: Spons}, do: block}]")))


def test_labels_of_an_item_are_its_sources_categories_as_plain_text() -> None:
    item = normalize(entry(categories=(" A  b ", "A b", "", "x" * 101)), now=NOW, context=context(Rules()))
    assert item.labels == ("A b",)
