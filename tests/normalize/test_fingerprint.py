"""Fingerprints and ids."""

from __future__ import annotations

from datetime import UTC, datetime

from worker.normalize.fingerprint import compute_fingerprint, compute_item_id

MONDAY = datetime(2020, 11, 16, 8, tzinfo=UTC)
TUESDAY = datetime(2020, 11, 17, 8, tzinfo=UTC)
TEXT = "one two three four five six seven eight nine ten eleven twelve thirteen"


def test_letter_case_and_unicode_form_do_not_count() -> None:
    assert compute_fingerprint("Caf\u00e9", TEXT, None) == compute_fingerprint("CAFE\u0301", TEXT.upper(), None)


def test_another_word_counts() -> None:
    assert compute_fingerprint("Title", TEXT, None) != compute_fingerprint("Title", TEXT + " more", None)


def test_a_daily_column_with_few_words_differs_by_its_day() -> None:
    assert compute_fingerprint("Briefing", "", MONDAY) != compute_fingerprint("Briefing", "", TUESDAY)
    assert compute_fingerprint("Briefing", TEXT, MONDAY) == compute_fingerprint("Briefing", TEXT, TUESDAY)


def test_an_id_comes_from_the_page_else_from_the_guid_else_from_the_words() -> None:
    page = compute_item_id("https://a.example/x", "f", "g", "d", "p")
    assert page == compute_item_id("https://a.example/x", "other", "other", "other", "other")
    guid = compute_item_id("", "f", "g", "d", "p")
    assert guid == compute_item_id("", "f", "g", "other", "other")
    assert guid != compute_item_id("", "f", "G", "d", "p")
    words = compute_item_id("", "f", "", "d", "p")
    assert words == compute_item_id("", "other", "", "d", "p")
    assert len({page, guid, words}) == 3
    assert all(len(one) == 16 for one in (page, guid, words))
