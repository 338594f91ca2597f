"""What the doctor says of clock and feeds."""

from __future__ import annotations

import pytest

from worker.cli.doctor import CLOCK_SKEW_SECONDS, MANY_FEEDS, clock_fault, feeds_fault


@pytest.mark.parametrize("ahead_seconds", [0.0, CLOCK_SKEW_SECONDS, -CLOCK_SKEW_SECONDS])
def test_a_clock_that_is_a_little_off_is_good(ahead_seconds: float) -> None:
    assert clock_fault(ahead_seconds) is None


@pytest.mark.parametrize(("ahead_seconds", "said"), [(61.0, "61 s ahead of Redis"), (-3600.0, "3600 s behind Redis")])
def test_a_clock_that_is_off_is_named_with_its_side(ahead_seconds: float, said: str) -> None:
    assert said in (clock_fault(ahead_seconds) or "")


@pytest.mark.parametrize(
    "failures",
    [
        [],
        ["dns"] * (MANY_FEEDS - 1),
        ["dns", "timeout", "connect", "", "", ""],
        ["http-404"] * 20,
        ["dns", "dns", "http-500", "http-500", "http-404"],
    ],
)
def test_feeds_that_fail_for_reasons_of_their_own_are_no_fault_of_this_machine(failures: list[str]) -> None:
    assert feeds_fault(failures) is None


def test_most_feeds_out_of_reach_point_to_this_machine() -> None:
    said = feeds_fault(["dns", "dns", "dns", "timeout", "", ""])

    assert said is not None
    assert said.startswith("4 of 6 feeds cannot be reached, most of them by dns")
