"""Providers: the registry, and the registrable domain for everyone else."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storyfold.document import Image, Provider
from storyfold.errors import SettingsError
from worker.normalize.domains import registrable_domain
from worker.normalize.organization_file import organization_text, read_organization
from worker.normalize.providers import Organizations, load_organizations

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
        ("news.daily.unknown", "daily.unknown"),
        ("www.daily.unknown", "daily.unknown"),
        ("daily.unknown", "daily.unknown"),
        ("co.uk", "co.uk"),
        ("192.0.2.7", "192.0.2.7"),
        ("[2001:db8::1]", "[2001:db8::1]"),
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


def test_a_registered_sub_domain_wins_over_its_parent() -> None:
    sport = Provider(name="Daily Sport", domain="sport.daily.co.uk")
    organizations = Organizations([DAILY, sport])
    assert organizations.name_provider("https://www.sport.daily.co.uk/x").provider == sport
    assert organizations.name_provider("https://news.daily.co.uk/x").provider == DAILY
    assert organizations.find("co.uk") is None


@pytest.mark.parametrize("domain", ["www.daily.example", "Daily.Example", "daily.example."])
def test_an_organization_answers_however_its_domain_is_written(domain: str) -> None:
    organizations = Organizations([Provider(name="The Daily", domain=domain)])
    assert organizations.name_provider("https://daily.example/x").provider.name == "The Daily"
    assert organizations.name_provider("https://www.daily.example/x").provider.name == "The Daily"


def test_an_international_domain_is_one_in_both_of_its_forms() -> None:
    organizations = Organizations([Provider(name="B\u00fccher", domain="b\u00fccher.example")])
    for host in ("b\u00fccher.example", "xn--bcher-kva.example", "www.B\u00dcCHER.example"):
        assert organizations.name_provider(f"https://{host}/x").how == "registry", host


def test_google_news_names_the_true_publisher(organizations: Organizations) -> None:
    page = "https://news.google.com/rss/articles/CBMiQUFV?oc=5"
    site = "https://news.google.com/"
    stated = organizations.name_provider(
        page, stated_name="Reuters", stated_url="https://www.reuters.com", site_url=site, feed_url=f"{site}rss"
    )
    assert stated == (Provider(name="Reuters", domain="reuters.com"), "stated")
    registered = organizations.name_provider(page, stated_name="x", stated_url="https://daily.co.uk", site_url=site)
    assert registered == (DAILY, "registry")


def test_a_planet_names_the_author_whose_page_it_is(organizations: Organizations) -> None:
    named = organizations.name_provider(
        "https://ann.github.io/post",
        stated_name="Ann&#8217;s <b>notes</b>",
        stated_url="https://ann.github.io/atom.xml",
        site_url="https://planet.example/",
        feed_url="https://planet.example/atom.xml",
    )
    assert named == (Provider(name="Ann\u2019s notes", domain="ann.github.io"), "stated")


@pytest.mark.parametrize(
    "stated_url",
    [
        "https://feeds.other.example/rss",
        "http://feeds.other.example/rss/",
        "https://www.other.example/",
        "https://www.other.example",
        "http://del.icio.us/rss/tag/free",
        "http://feeds.feedburner.com/daily",
        "https://t.co/x",
    ],
)
def test_a_source_that_is_the_feed_its_site_or_a_carrier_says_nothing_new(
    organizations: Organizations, stated_url: str
) -> None:
    named = organizations.name_provider(
        "https://www.other.com/x",
        stated_name="Other: all the news",
        stated_url=stated_url,
        site_url="https://www.other.example/",
        feed_url="https://feeds.other.example/rss",
    )
    assert named == (Provider(name="other.com", domain="other.com"), "domain")


@pytest.mark.parametrize("page", ["https://t.co/x", "https://bit.ly/x", "http://feedproxy.google.com/~r/d/~3/x"])
def test_a_page_behind_a_redirector_is_judged_by_the_feeds_site(organizations: Organizations, page: str) -> None:
    assert organizations.name_provider(page, site_url="https://www.daily.co.uk/").provider == DAILY
    assert organizations.name_provider(page).how == "domain"


@pytest.mark.parametrize(
    ("stated", "name"),
    [
        ("Reuters", "Reuters"),
        ("  AT&amp;T \n Newsroom ", "AT&T Newsroom"),
        ("<script>alert(1)</script><b>Reuters</b>", "Reuters"),
        ("Reu\u202eters\u200b", "Reuters"),
        ("\u65e5\u672c\u7d4c\u6e08\u65b0\u805e", "\u65e5\u672c\u7d4c\u6e08\u65b0\u805e"),
        ("x" * 10_240, ""),
        ("<" * 10_240, ""),
        ("\u202e\u200b", ""),
        ("---", ""),
        ("", ""),
    ],
)
def test_a_stated_name_is_plain_short_text_or_none(organizations: Organizations, stated: str, name: str) -> None:
    named = organizations.name_provider("https://a.com/x", stated_name=stated, stated_url="https://other.com/")
    assert named == (Provider(name=name or "other.com", domain="other.com"), "stated" if name else "domain")


@given(st.text(), st.text())
def test_a_provider_always_has_a_name(stated: str, url: str) -> None:
    named = Organizations().name_provider("https://a.com/x", stated_name=stated, stated_url=url, site_url=url)
    assert 0 < len(named.provider.name) <= 253
    assert named.provider.domain


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


def test_a_later_folder_goes_over_an_earlier_one_file_by_file(tmp_path: Path) -> None:
    bundled, own = tmp_path / "bundled", tmp_path / "own"
    for folder, names in ((bundled, {"a.com": "A", "b.com": "B"}), (own, {"b.com": "Our B", "c.com": "C"})):
        folder.mkdir()
        for domain, name in names.items():
            (folder / f"{domain}.md").write_text(organization_text(Provider(name=name, domain=domain)))
    loaded = load_organizations(bundled, own)
    loaded_names = [found.name for domain in ("a.com", "b.com", "c.com") if (found := loaded.find(domain))]
    assert loaded_names == ["A", "Our B", "C"]


@pytest.mark.parametrize("name", ["No", "1843", "Yahoo: News", "@home", 'The "Daily"', "caf\u00e9 # 1", "~", "1.10"])
def test_a_name_that_yaml_would_read_as_something_else_comes_back(tmp_path: Path, name: str) -> None:
    organization = Provider(name=name, domain="no.example", images=(LOGO, Image(url="/a.png")))
    path = tmp_path / "no.example.md"
    path.write_text(organization_text(organization), encoding="utf-8")
    assert read_organization(path) == organization


def test_a_name_without_quotes_is_text_and_no_boolean(tmp_path: Path) -> None:
    (tmp_path / "no.md").write_text("---\nname: no\ndomain: no.example\n---\n")
    assert read_organization(tmp_path / "no.md").name == "no"


def test_bundled_organizations_are_in_the_layout_that_is_written(project_root: Path) -> None:
    paths = list((project_root / "config" / "organizations").glob("*.md"))
    assert len(paths) >= 30
    for path in paths:
        organization = read_organization(path)
        assert path.read_text(encoding="utf-8") == organization_text(organization)
        assert path.stem == organization.domain


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
