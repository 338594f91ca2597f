"""The list of parameters that only track: each name alone, in every spelling (criterion M 7), and what is none."""

from __future__ import annotations

import re

import pytest

from worker.normalize.tracking import (
    BY_HOST,
    GROUPS,
    NAMES,
    PREFIXES,
    SIGNATURES,
    VERSION,
    is_signed,
    is_tracking,
    words_of,
)

# Miniflux's list, as named in the criteria.
EXPECTED = words_of(
    "fbclid _openstat fb_action_ids fb_action_types fb_ref fb_source fb_comment_id hmb_campaign hmb_medium "
    "hmb_source "
    "itm_campaign itm_medium itm_source gclid dclid gbraid wbraid gclsrc campaign_id campaign_medium campaign_name "
    "campaign_source campaign_term campaign_content srsltid yclid ysclid twclid msclkid mc_cid mc_eid mc_tc wickedid "
    "hsa_cam _hsenc __hssc __hstc __hsfp _hsmi hsctatracking rb_clickid oly_anon_id oly_enc_id vero_id vero_conv "
    "mkt_tok sc_cid _bhlid _branch_match_id _branch_referrer __readwiseLocation utm_source utm_medium utm_campaign "
    "utm_term utm_content utm_id utm_name utm_reader mtm_campaign mtm_kwd"
)
SITE = "news.example"


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_every_name_of_the_field_is_listed_in_any_spelling(name: str) -> None:
    encoded = "".join(f"%{ord(character):02x}" for character in name)
    for spelling in (name, name.upper(), name.title(), name.replace("_", "%5F"), name.replace("_", "%5f"), encoded):
        for piece in (spelling, f"{spelling}=", f"{spelling}=1", f"amp;{spelling}=1", f"#038;{spelling}=1"):
            assert is_tracking(piece, SITE), piece


@pytest.mark.parametrize("name", sorted(NAMES))
def test_every_listed_name_is_written_so_that_it_can_match(name: str) -> None:
    assert name == name.lower()
    assert is_tracking(f"{name}=1", SITE)


@pytest.mark.parametrize(
    ("host", "name"), [(host, name) for host, names in BY_HOST.items() for name in sorted(names)]
)
def test_a_name_of_one_host_tracks_there_and_nowhere_else(host: str, name: str) -> None:
    assert is_tracking(f"{name}=1", host)
    assert is_tracking(f"{name}=1", f"www.{host}")
    assert not is_tracking(f"{name}=1", f"not{host}")


@pytest.mark.parametrize(
    "piece",
    [
        *("id=1", "p=1", "s=x", "page=2", "v=abc", "q=1", "ref=main", "source=6", "sid=1", "utm", "utmost=1", "pk=1"),
        *("amp=1", "campaign=x", "from=rss", "lang=de", "=", "1"),
    ],
)
def test_what_may_have_a_meaning_stays(piece: str) -> None:
    assert not is_tracking(piece, SITE, {"feed.example"})


@pytest.mark.parametrize(
    ("piece", "tracks"),
    [
        ("ref=feed.example", True),
        ("ref=www.feed.example", True),
        ("REF=Feed.Example", True),
        ("ref=https%3A%2F%2Ffeed.example%2F", True),
        ("r%65f=feed.example", True),
        ("ref=other.example", False),
        ("ref=main", False),
        ("ref=", False),
        ("ref", False),
    ],
)
def test_ref_tracks_only_when_it_names_the_host_that_links_here(piece: str, *, tracks: bool) -> None:
    assert is_tracking(piece, SITE, {"feed.example"}) is tracks
    assert not is_tracking(piece, SITE)


def test_the_source_of_mediums_feeds_tracks_on_every_domain() -> None:
    assert is_tracking("source=rss----4a1fb5a7---4", SITE)
    assert not is_tracking("source=rss", SITE)


@pytest.mark.parametrize("name", sorted(SIGNATURES))
def test_a_signature_is_known_in_any_spelling(name: str) -> None:
    assert is_signed(["a=1", f"{name.upper()}=x"])
    assert is_signed([f"{name.replace('-', '%2D')}=x"])


def test_the_list_says_when_it_changed_and_where_each_name_comes_from() -> None:
    assert re.fullmatch(r"20\d\d-\d\d-\d\d", VERSION)
    assert sum(map(len, GROUPS.values())) == len(NAMES), "a name stands in two groups"
    assert not any(name.startswith(PREFIXES) for name in NAMES), "a prefix has this name already"
