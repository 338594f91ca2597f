"""Providers: the registry, and the registrable domain for everyone else."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storyfold.document import Image, Provider
from storyfold.errors import SettingsError
from worker.normalize.providers import Organizations, load_organizations, registrable_domain

LOGO = Image(url="https://daily.example/logo.png", width=50, height=50)
DAILY = Provider(name="The Daily", domain="daily.co.uk", images=(LOGO,))


@pytest.fixture
def organizations() -> Organizations:
    return Organizations([DAILY])


@pytest.mark.parametrize(
    ("host", "domain"),
    [
        ("www.iottechnews.com", "iottechnews.com"),
        ("news.bbc.co.uk", "bbc.co.uk"),
        ("ann.github.io", "ann.github.io"),
        ("WWW.Example.COM.", "example.com"),
        ("127.0.0.1", "127.0.0.1"),
        ("localhost", "localhost"),
        ("[::1]", "[::1]"),
    ],
)
def test_the_registrable_domain_follows_the_public_suffix_list(host: str, domain: str) -> None:
    assert registrable_domain(host) == domain


@given(st.text())
def test_a_registrable_domain_never_raises(host: str) -> None:
    assert isinstance(registrable_domain(host), str)


@pytest.mark.parametrize("host", ["daily.co.uk", "www.daily.co.uk", "sport.news.daily.co.uk"])
def test_a_registered_organization_answers_for_its_sub_domains(organizations: Organizations, host: str) -> None:
    named = organizations.name_provider(f"https://{host}:8080/x")
    assert named == (DAILY, "registry")


def test_an_unregistered_provider_is_named_by_its_domain(organizations: Organizations) -> None:
    named = organizations.name_provider("https://www.iottechnews.com/x")
    assert named == (Provider(name="iottechnews.com", domain="iottechnews.com"), "domain")


def test_a_publisher_that_the_entry_names_wins_over_the_page(organizations: Organizations) -> None:
    page = "https://news.aggregator.example/x"
    stated = organizations.name_provider(page, stated_name="Other", stated_url="https://other.example/")
    assert stated == (Provider(name="Other", domain="other.example"), "stated")
    registered = organizations.name_provider(page, stated_name="x", stated_url="https://daily.co.uk/rss")
    assert registered == (DAILY, "registry")


def test_a_carrier_of_feeds_is_no_publisher(organizations: Organizations) -> None:
    page = "http://feeds.feedburner.com/~r/daily/x"
    assert organizations.name_provider(page, site_url="https://daily.co.uk/").provider == DAILY
    stated = organizations.name_provider("https://a.example/x", stated_name="x", stated_url=page)
    assert stated.provider.domain == "a.example"


def test_an_organization_is_read_from_its_file(tmp_path: Path) -> None:
    (tmp_path / "daily.co.uk.md").write_text(
        "---\ntaxonomy: organization\n_id: daily.co.uk\nname: The Daily\ndomain: daily.co.uk\nimages:\n"
        "  - url: https://daily.example/logo.png\n    width: 50\n    height: 50\n---\nAbout.\n"
    )
    loaded = load_organizations(tmp_path)
    assert len(loaded) == 1
    assert loaded.find("www.daily.co.uk") == DAILY


@pytest.mark.parametrize(
    "text",
    [
        "name: x\n",
        "---\nname: x\n---\n",
        "---\n- a\n---\n",
        "---\na: [\n---\n",
        "---\nname: a\ndomain: b.c\nimages: [1]\n---\n",
    ],
)
def test_an_unusable_file_is_named_in_the_error(tmp_path: Path, text: str) -> None:
    (tmp_path / "bad.md").write_text(text)
    with pytest.raises(SettingsError, match=r"bad\.md"):
        load_organizations(tmp_path)


def test_real_organizations_are_read(shared_dir: Path) -> None:
    loaded = load_organizations(shared_dir / "data" / "archive" / "_data" / "organizations")
    neowin = loaded.find("www.neowin.net")
    assert neowin is not None
    assert neowin.name == "Neowin"
    assert [image.width for image in neowin.images] == [50, 400]
