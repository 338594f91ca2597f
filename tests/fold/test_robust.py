"""Bad input to folding: every item ends in one story, no story grows without bound, and an item's work is bounded."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta

import pytest

from storyfold.document import Provider
from worker.flows.replay import Replay
from worker.fold import match as matching
from worker.fold.evidence import Parts, parts_of
from worker.fold.match import JOIN_CANDIDATES, MERGE_CANDIDATES, FoldRules, WordMatcher
from worker.fold.profile import Profile
from worker.fold.refusals import MOST_ITEMS
from worker.fold.tokens import MOST_TOKENS, tokens_of
from worker.fold.vocabulary import Vocabulary
from worker.model.entry import Source
from worker.model.item import Item

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
FERRY = "Port Alder ferry returns after two-year bridge repair"
SHIP = "\U0001f6a2"
TOPICS = ("ferry bridge harbor", "museum robbery diamonds", "election recount mayor", "volcano ash flights")


def _item(number: int, title: str, at: datetime = NOON, provider: str = "", excerpt: str = "") -> Item:
    domain = provider or f"paper{number}.example"
    url = f"https://{domain}/{number}"
    return Item(
        item_id=f"{number:016x}",
        collection="news",
        source=Source.FEED,
        title=title,
        excerpt=excerpt,
        published_at=at,
        original_url=url,
        web_url=url,
        provider=Provider(name=domain, domain=domain),
        url_keys=(url,),
        first_seen_at=NOON,
    )


def _folded(items: Iterable[Item]) -> Replay:
    rules = FoldRules()
    replay = Replay(WordMatcher(rules), rules)
    for item in items:
        replay.fold(item)
    return replay


def _sizes(replay: Replay) -> list[int]:
    return sorted((len(story.members) for story in replay.stories.values()), reverse=True)


def _assert_each_in_one_story(replay: Replay, items: Sequence[Item]) -> None:
    held = Counter(item_id for item_ids in replay.groups().values() for item_id in item_ids)
    assert held == Counter(item.item_id for item in items)
    for story_id, item_ids in replay.groups().items():
        assert {replay.story_ids[item_id] for item_id in item_ids} == {story_id}


@pytest.fixture
def comparisons(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """Counts how often evidence is weighed."""
    counted: Counter[str] = Counter()
    weigh = parts_of

    def count(left: Profile, right: Profile, vocabulary: Vocabulary, alive: int) -> Parts | None:
        counted["all"] += 1
        return weigh(left, right, vocabulary, alive)

    monkeypatch.setattr(matching, "parts_of", count)
    return counted


@pytest.mark.parametrize(
    "title",
    ["", " ", "-", "...", "Ferry", "FERRY!", "the of and", SHIP, SHIP * 400, "2026", "\u6c34", "\u0000\u200b"],
    ids=[
        "empty",
        "space",
        "dash",
        "dots",
        "word",
        "loud",
        "stop-words",
        "emoji",
        "emojis",
        "number",
        "han",
        "unseen",
    ],
)
def test_titles_that_say_nothing_never_fold_by_likeness(title: str) -> None:
    items = [_item(number, title) for number in range(20)]

    replay = _folded(items)

    assert _sizes(replay) == [1] * 20


def test_a_thousand_identical_titles_make_no_giant_story() -> None:
    items = [_item(number, FERRY) for number in range(1_000)]

    replay = _folded(items)

    _assert_each_in_one_story(replay, items)
    assert max(_sizes(replay)) <= MOST_ITEMS
    assert len(replay.stories) <= 4, "what is alike goes together as far as the cap lets it"


def test_a_thousand_near_identical_titles_at_one_instant_make_no_giant_story() -> None:
    items = [_item(number, f"{FERRY} says reader{number}") for number in range(1_000)]

    replay = _folded(items)

    _assert_each_in_one_story(replay, items)
    assert max(_sizes(replay)) <= MOST_ITEMS


def test_a_title_of_ten_kilobytes_costs_no_more_words_than_the_cap() -> None:
    title = " ".join(f"word{number}" for number in range(1_500))

    assert len(title) > 10_000
    assert len(tokens_of(title)) <= MOST_TOKENS
    assert len(tokens_of("\u6c34\u706b" * 5_000)) <= MOST_TOKENS
    assert len(tokens_of("a" * 10_000)) <= MOST_TOKENS


def test_long_titles_fold_like_others() -> None:
    long = " ".join(f"word{number}" for number in range(1_500))
    items = [_item(0, long), _item(1, long), _item(2, FERRY), _item(3, " ".join(f"other{n}" for n in range(1_500)))]

    replay = _folded(items)

    assert replay.story_ids[items[0].item_id] == replay.story_ids[items[1].item_id]
    assert len(replay.stories) == 3


@pytest.mark.parametrize("same_words", [True, False], ids=["every-story-alike", "one-common-word"])
def test_an_item_is_compared_with_a_bounded_number_of_stories(comparisons: Counter[str], same_words: bool) -> None:
    """However many stories share its words: candidates to join, then a partner for the story that it joined."""
    rules = FoldRules()
    replay = Replay(WordMatcher(rules), rules)
    most = JOIN_CANDIDATES + MERGE_CANDIDATES
    for number in range(600):
        comparisons.clear()
        merges = replay.merges
        title = (
            f"Council vote on harbor {number % 150}" if same_words else f"Council matter{number} topic{number * 7}"
        )
        replay.fold(_item(number, title))
        assert comparisons["all"] <= most + MERGE_CANDIDATES * (replay.merges - merges)


def test_all_items_at_one_instant_fold_by_their_words_alone() -> None:
    items = [_item(number, f"{TOPICS[number % 4]} report") for number in range(200)]

    replay = _folded(items)

    _assert_each_in_one_story(replay, items)
    assert _sizes(replay) == [50, 50, 50, 50]


@pytest.mark.parametrize("step", [-37, 53, 101], ids=["backwards", "jumping", "far-jumping"])
def test_times_that_are_days_out_of_order_keep_each_story_within_its_span(step: int) -> None:
    """A story never spans more than the rule allows, whatever the order of arrival."""
    items = [
        _item(number, TOPICS[number % 4], NOON + timedelta(hours=number * step % 480 - 240)) for number in range(300)
    ]

    replay = _folded(items)

    _assert_each_in_one_story(replay, items)
    assert all(story.last_at - story.first_at <= FoldRules().max_span for story in replay.stories.values())


def test_a_feed_that_re_dates_everything_makes_no_story_twice() -> None:
    """The same items come again, each time an hour later: they stay where they are."""
    first = [
        _item(number, f"{TOPICS[number % 4]} reporter{number}", provider="paper.example") for number in range(40)
    ]
    rules = FoldRules()
    replay = Replay(WordMatcher(rules), rules)
    for item in first:
        replay.fold(item)
    stories = dict(replay.story_ids)

    for hours in range(1, 100, 9):
        for number, item in enumerate(first):
            replay.fold(_item(number, item.title, NOON + timedelta(hours=hours), "paper.example"))

    _assert_each_in_one_story(replay, first)
    assert set(replay.story_ids) == set(stories)
    assert len(replay.stories) <= len(set(stories.values()))


def test_the_same_items_in_the_same_order_give_the_same_stories() -> None:
    items = [_item(number, f"{TOPICS[number % 4]} {TOPICS[number * 3 % 4]} day") for number in range(120)]

    assert _folded(items).groups() == _folded(items).groups()


@pytest.mark.parametrize(
    "make",
    [
        lambda number: _item(number, "\ud800" * 3 + FERRY),
        lambda number: _item(number, FERRY, datetime(1970, 1, 1, tzinfo=UTC)),
        lambda number: _item(number, FERRY, datetime(9998, 12, 1, tzinfo=UTC)),
        lambda number: _item(number, FERRY, excerpt=f"{FERRY} " * 2_000),
        lambda number: _item(number, f"{FERRY} - {'x' * 5_000}"),
        lambda number: _item(number, f"{'1' * 5_000} {FERRY}"),
        lambda number: _item(number, f"{'(' * 3_000}{FERRY}"),
    ],
    ids=["surrogates", "1970", "9998", "long-excerpt", "long-suffix", "long-number", "brackets"],
)
def test_odd_items_are_folded_without_a_fault(make: Callable[[int], Item]) -> None:
    items = [make(number) for number in range(6)]

    _assert_each_in_one_story(_folded(items), items)
