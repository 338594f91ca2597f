"""When a file is finished. No clock runs here: both are numbers."""

from __future__ import annotations

import pytest

from worker.sources.drop.stability import Observation, StabilityTracker

NOW = 1_700_000_000.0


def seen(
    path: str = "x.md", *, size: int = 5, age: float = 0.0, ctime_age: float | None = None, inode: int = 1
) -> Observation:
    mtime, ctime = NOW - age, NOW - (age if ctime_age is None else ctime_age)
    return Observation(path, size, int(mtime * 1e9), int(ctime * 1e9), inode)


def observe(tracker: StabilityTracker, *looks: Observation, at: float, now: float = NOW) -> list[str]:
    return tracker.observe(looks, now=now, monotonic=at)


@pytest.mark.parametrize(
    ("look", "stable"),
    [
        pytest.param(seen(age=2), True, id="old enough"),
        pytest.param(seen(age=1.9), False, id="too young"),
        pytest.param(seen(age=1000, ctime_age=0.1), False, id="cp -p sets mtime back, not ctime"),
        pytest.param(seen(age=0.1, ctime_age=1000), False, id="mtime newer"),
        pytest.param(seen(age=-3600, ctime_age=1000), False, id="mtime in the future"),
        pytest.param(seen(age=-3600), False, id="clock was set back"),
    ],
)
def test_at_first_sight_only_an_old_file_is_stable(look: Observation, stable: bool) -> None:
    assert observe(StabilityTracker(2), look, at=0) == (["x.md"] if stable else [])


def test_a_young_file_is_stable_after_it_looked_the_same_for_the_time_and_told_once() -> None:
    tracker = StabilityTracker(2)
    assert observe(tracker, seen(), at=10) == []
    assert tracker.due(11.9) == []
    assert tracker.due(12) == ["x.md"]
    assert observe(tracker, seen(), at=12) == ["x.md"]
    assert observe(tracker, seen(), at=20) == []
    assert tracker.due(99) == []


@pytest.mark.parametrize(
    "changed",
    [
        pytest.param(seen(size=6), id="size"),
        pytest.param(seen(age=-0.5, ctime_age=0), id="mtime"),
        pytest.param(seen(ctime_age=-0.5), id="ctime"),
        pytest.param(seen(inode=2), id="another file"),
    ],
)
def test_any_change_starts_the_wait_again(changed: Observation) -> None:
    tracker = StabilityTracker(2)
    observe(tracker, seen(), at=10)
    assert observe(tracker, changed, at=11.9) == []
    assert observe(tracker, changed, at=13.8) == []
    assert observe(tracker, changed, at=13.9) == ["x.md"]


def test_a_change_is_waited_for_by_the_monotonic_clock_even_if_its_stamps_are_old() -> None:
    """An old mtime that appears on a file under watch is a change like any other."""
    tracker = StabilityTracker(2)
    observe(tracker, seen(), at=10)
    assert observe(tracker, seen(age=500, size=9), at=11) == []
    assert observe(tracker, seen(age=500, size=9), at=13, now=NOW - 86400) == ["x.md"]


def test_a_told_file_that_changes_is_told_again_after_the_wait() -> None:
    tracker = StabilityTracker(2)
    assert observe(tracker, seen(age=9), at=0) == ["x.md"]
    assert tracker.was_told("x.md")
    assert observe(tracker, seen(), at=5) == []
    assert not tracker.was_told("x.md")
    assert observe(tracker, seen(), at=7) == ["x.md"]


def test_zero_takes_everything_at_first_sight() -> None:
    assert observe(StabilityTracker(0), seen("a"), seen("b", age=-99), at=0) == ["a", "b"]


def test_due_files_come_in_the_order_in_which_they_are_due() -> None:
    tracker = StabilityTracker(2)
    observe(tracker, seen("a"), at=1)
    observe(tracker, seen("b"), at=2)
    observe(tracker, seen("a", size=9), at=3)
    assert tracker.due(4) == ["b"]
    assert tracker.due(5) == ["b", "a"]


def test_vanished_files_are_forgotten() -> None:
    tracker = StabilityTracker(2)
    observe(tracker, seen("a"), seen("b"), seen("c", age=9), at=0)
    tracker.forget("a")
    tracker.retain(["b"])
    assert (tracker.due(9), len(tracker)) == (["b"], 1)
    assert observe(tracker, seen("c", age=9), at=1) == ["c"], "the name came back: another file"


def test_told_files_are_told_again_on_demand() -> None:
    tracker = StabilityTracker(2)
    assert observe(tracker, seen(age=9), at=0) == ["x.md"]
    tracker.tell_again()
    assert observe(tracker, seen(age=9), at=0.1) == ["x.md"]


def test_memory_is_bounded_and_old_files_are_told_all_the_same() -> None:
    tracker = StabilityTracker(2, max_tracked=10)
    young = [seen(f"young{n}") for n in range(50)]
    old = [seen(f"old{n}", age=9) for n in range(50)]
    assert observe(tracker, *young, *old, at=0) == [look.path for look in old]
    assert len(tracker) <= 20
    told: list[str] = []
    for round_number in range(1, 6):
        told += observe(tracker, *[look for look in young if look.path not in told], at=round_number * 2.0)
    assert tracker.unsettled <= 10
    assert len(told) >= 20, "the ones that found no room get it later"
