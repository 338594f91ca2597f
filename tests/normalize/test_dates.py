"""Dates as feeds write them: each row of the tables is a form that is read, or a fault that is refused."""

from __future__ import annotations

import calendar
import time
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import feedparser
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from worker.normalize.date_names import fold, month_number
from worker.normalize.dates import parse_date, settle_date
from worker.sources.parse.feed_document import parse_feed

NOON = datetime(2020, 11, 19, 12, 0, tzinfo=UTC)
AFTERNOON = datetime(2020, 11, 19, 16, 21, tzinfo=UTC)
DAY = datetime(2020, 11, 19, tzinfo=UTC)
NOW = datetime(2020, 11, 20, 8, 30, 15, 123456, tzinfo=UTC)
SEEN = NOW.replace(microsecond=0)

SPELLINGS_OF_NOON = """
Thu, 19 Nov 2020 12:00:00 GMT
Thu, 19 Nov 2020 12:00:00 +0000
Thu, 19 Nov 2020 12:00:00 -0000
Thu, 19 Nov 2020 12:00:00 UT
Thu, 19 Nov 2020 12:00:00 Z
19 Nov 2020 12:00:00 Z
Thu, 19 Nov 2020 12:00:00
Thu, 19 Nov 2020 12:00
Thu, 19 Nov 2020 07:00:00 EST
Thu, 19 Nov 2020 08:00:00 EDT
Thu, 19 Nov 2020 06:00:00 CST
Thu, 19 Nov 2020 05:00:00 PDT
Thu, 19 Nov 2020 04:00:00 PST
Thu, 19 Nov 2020 12:00 UT
Thu,19 Nov 2020 13:00:00 +01:00
Thu, 19 Nov 2020 13:00:00 +1
Thu, 19 Nov 2020 13:00:00 +01
Thu, 19 Nov 2020 13:00:00 +100
Thu, 19 Nov 2020 13:00:00+0100
Thu, 19 Nov 2020 13:00:00 GMT+1
Thu, 19 Nov 2020 13:00:00 GMT+0100
Thu, 19 Nov 2020 07:00:00 UTC-5
Thu, 19 Nov 2020 17:30:00 GMT+05:30
Thu, 19 Nov 2020 17:30:00 +0530
Thu, 19 Nov 2020 07:00:00 \u22120500
Thu, 19 Nov 2020 14:00:00 +0200 (CEST)
Thu, 19 Nov 2020 14:00:00 (CEST)
Thu, 19 Nov 2020 12:00:00 GMT (Coordinated Universal Time)
Thu Nov 19 2020 14:00:00 GMT+0200 (Central European Summer Time)
Thursday, 19-Nov-20 12:00:00 GMT
Thursday, 19-Nov-2020 12:00:00 GMT
Thu, 19 November 2020 12:00:00 GMT
Thu, 19 Nov. 2020 12:00:00 GMT
Thu , 19 Nov 2020 12:00:00 GMT
Thu 19 Nov 2020 12:00:00 GMT
Thu, 19 Nov, 2020 12:00:00 GMT
Thu,  19  Nov  2020  12:00:00  GMT
thu, 19 nov 2020 12:00:00 gmt
THU, 19 NOV 2020 12:00:00 GMT
Thurs, 19 Nov 2020 12:00:00 GMT
Mon, 19 Nov 2020 12:00:00 GMT
Thu, 19 Nov 20 12:00:00 GMT
Thu, 19 Nov 120 12:00:00 GMT
Thu, 19th Nov 2020 12:00:00 GMT
19th of November 2020, 12:00
Thu, 19 Nov 2020 14:00:00 CEST
Thu, 19 Nov 2020 13:00:00 MEZ
Thu, 19 Nov 2020 21:00:00 JST
Thu, 19 Nov 2020 20:00:00 HKT
Thu, 19 Nov 2020 17:30:00 IST
Thu, 19 Nov 2020 12:00:00 Q
Thu, 19 Nov 2020 12:00:00 XYZ
Thu, 19 Nov 2020 12:00:00.250 GMT
Thu, 19 Nov 2020 12:00:00 GMT;
Thu, 19 Nov 2020 12:00:00 GMT by the desk
Thu, 19 Nov 2020 12:00:00 GMTThu, 19 Nov 2020 12:00:00 GMT
Thu, 19 Nov 2020 12:00:00 GMT, Fri, 20 Nov 2020 12:00:00 GMT
Thu,&nbsp;19&#32;Nov 2020 12:00:00 GMT
Thu, 19 Nov 2020 12:00:00&#43;0000
Thu, 19 Nov 2020 12&#58;00&#58;00 GMT
Published: Thu, 19 Nov 2020 12:00:00 GMT
\u200eThu, 19 Nov 2020 12:00:00 GMT\u200f
Jeu, 19 nov. 2020 12:00:00 GMT
Nov 19, 2020 12:00 PM
Nov 19, 2020, 12:00:00 p.m.
November 19, 2020 at 12:00 pm
Nov. 19, 2020 12:00
Nov 19 2020 12 pm
Thu Nov 19 12:00:00 2020
Thu Nov 19 12:00:00 UTC 2020
Thu Nov 19 13:00:00 +0100 2020
12:00, 19 November 2020
12:00 19.11.2020
2020-11-19T12:00:00Z
2020-11-19T12:00:00.987Z
2020-11-19T12:00:00.987654321Z
2020-11-19T12:00:00,5Z
2020-11-19t12:00:00z
2020-11-19T14:30:00+02:30
2020-11-19T13:00:00+0100
2020-11-19T13:00:00+01
2020-11-19T13:00:00 +01:00
2020-11-19T13:00:00+01:00:00
2020-11-19T13:00:00+01:00[Europe/Berlin]
2020-11-19T12:00:00 Z
2020-11-19T12:00:00ZZ
2020-11-19T12:00:00-00:00
2020-11-19T12:00:00
2020-11-19T12:00Z
2020-11-19T12:00
2020-11-19 T 12:00:00
2020-11-19 12:00:00
2020-11-19 12:00:00 UTC
2020-11-19 12:00:00 +0000 UTC
2020-11-19 12:00:00.000000
2020-11-19, 12:00
2020/11/19 12:00:00 UTC
2020.11.19 12:00
20201119T120000Z
20201119T1200Z
20201119T130000+0100
20201119 12:00
20201119120000
2020-11-19T120000Z
2020-W47-4T12:00:00Z
2020W474T120000Z
2020-324T12:00:00Z
2020-11-19T12:00:00Z2020-11-19T12:00:00Z
2020-11-19T12:00:00Z 2020-11-20T12:00:00Z
1605787200
1605787200000
1605787200123456
1605787200.75
2020年11月19日 12時0分
2020年11月19日 12:00
２０２０年１１月１９日　１２：００
"""

SPELLINGS_OF_AFTERNOON = """
Nov 19, 2020 4:21 PM
Nov 19, 2020 4:21PM
Nov 19, 2020 4:21 p. m.
Nov 19, 2020 16:21 PM
2020-11-19 04:21:00 PM
19/11/2020 4:21 pm
11/19/2020 4:21:00 PM
19.11.2020 16:21
19.11.2020, 16:21 Uhr
19. 11. 2020 16:21
19-11-2020 16:21
19.11.20 16:21
Donnerstag, 19. November 2020 16:21
19 novembre 2020 à 16h21
19 novembre 2020 16 h 21
giovedì 19 novembre 2020, 16:21
jueves, 19 de noviembre de 2020 16:21
19 de novembro de 2020 às 16:21
19 november 2020 om 16:21
19 noiembrie 2020 16:21
den 19 november 2020 kl. 16.21
torsdag 19. november 2020 kl 16:21
19. marraskuuta 2020 klo 16.21
19 listopada 2020 16:21
19. listopadu 2020 16:21
2020. november 19. 16:21
2020 m. lapkričio 19 d. 16:21
19 Kasım 2020 Perşembe 16:21
Pazar, 19 Kasım 2020 16:21
Kamis, 19 November 2020 23:21 WIB
19 tháng 11, 2020 16:21
ngày 19 tháng 11 năm 2020 16:21
Чт, 19 ноя 2020 19:21:00 +0300
19 ноября 2020 г., 16:21
16:21, 19 ноября 2020
19 листопада 2020, 16:21
19 ноември 2020 16:21
19 Νοεμβρίου 2020, 4:21 μ.μ.
Πέμ, 19 Νοέ 2020 16:21:00
19 בנובמבר 2020 16:21
19 نوفمبر 2020 16:21
١٩ نوفمبر ٢٠٢٠ ٤:٢١ م
19 تشرين الثاني 2020 16:21
19 نوامبر 2020 16:21
19 नवंबर 2020 16:21
१९ नवम्बर २०२० 16:21
19 พฤศจิกายน 2563 16:21
19 พฤศจิกายน 2020 16:21
2020年11月19日 16時21分
2020年11月19日（木） 16時21分00秒
2020年11月19日 午後4時21分
2020年11月19日 下午4:21
令和2年11月19日 16:21
2020년 11월 19일 16:21
2020년 11월 19일 오후 4시 21분
2020. 11. 19. 16:21
"""

OTHER_INSTANTS = [
    ("2020-11-19", DAY),
    ("2020-11-19Z", DAY),
    ("2020-11-19+01:00", datetime(2020, 11, 18, 23, tzinfo=UTC)),
    ("20201119", DAY),
    ("2020-324", DAY),
    ("2020-W47-4", DAY),
    ("2020-W47", datetime(2020, 11, 16, tzinfo=UTC)),
    ("2026-W47-1", datetime(2026, 11, 16, tzinfo=UTC)),
    ("2026-327", datetime(2026, 11, 23, tzinfo=UTC)),
    ("2020-366", datetime(2020, 12, 31, tzinfo=UTC)),
    ("2020-11", datetime(2020, 11, 1, tzinfo=UTC)),
    ("2020", datetime(2020, 1, 1, tzinfo=UTC)),
    ("Thursday, November 19, 2020", DAY),
    ("19 Nov 2020", DAY),
    ("19/11/2020", DAY),
    ("11/19/2020", DAY),
    ("05/05/2020", datetime(2020, 5, 5, tzinfo=UTC)),
    ("03.04.2020", datetime(2020, 4, 3, tzinfo=UTC)),
    ("2020/1/9 4:05", datetime(2020, 1, 9, 4, 5, tzinfo=UTC)),
    ("2020-11-19T162100Z", AFTERNOON),
    ("20201119T162100Z", AFTERNOON),
    ("Nov 19, 2020 12:00 AM", DAY),
    ("Nov 19, 2020 12:30 am", DAY + timedelta(minutes=30)),
    ("2020年11月19日 午前9時", DAY + timedelta(hours=9)),
    ("2020년 11월 19일 오전 9:05", DAY + timedelta(hours=9, minutes=5)),
    ("Mon, 31 Dec 99 23:59:60 GMT", datetime(1999, 12, 31, 23, 59, 59, tzinfo=UTC)),
    ("2016-12-31T23:59:60Z", datetime(2016, 12, 31, 23, 59, 59, tzinfo=UTC)),
    ("Tue, 01 Jan 49 00:00:00 GMT", datetime(2049, 1, 1, tzinfo=UTC)),
    ("Tue, 01 Jan 50 00:00:00 GMT", datetime(1950, 1, 1, tzinfo=UTC)),
    ("2020-11-19T24:00:00Z", DAY + timedelta(days=1)),
    ("Thu, 19 Nov 2020 24:00:00 GMT", DAY + timedelta(days=1)),
    ("24 mars 2020 10:00:00 +0100", datetime(2020, 3, 24, 9, tzinfo=UTC)),
    ("Di, 24 Dez 2019 10:00:00 MEZ", datetime(2019, 12, 24, 9, tzinfo=UTC)),
    ("mar, 24 mar 2020 10:00:00 +0000", datetime(2020, 3, 24, 10, tzinfo=UTC)),
    ("1er juillet 2020", datetime(2020, 7, 1, tzinfo=UTC)),
    ("1 juin 2020", datetime(2020, 6, 1, tzinfo=UTC)),
    ("Thu, 19 Nov 2020 12:00:00 +1400", datetime(2020, 11, 18, 22, tzinfo=UTC)),
    ("2020-02-29T00:00:00Z", datetime(2020, 2, 29, tzinfo=UTC)),
]

NO_DATES = """
yesterday
2 hours ago
Thu
12:00
19 Nov
Nov 2020
now
tbd
2020-13-01
2020-00-10
2020-02-30
2021-02-29T00:00:00Z
2020-11-31
2020-W54-1
2020-W47-8
2020-000
2021-366
32 Nov 2020
19 Foo 2020
0000-00-00
0000-00-00 00:00:00
0000-00-00T00:00:00Z
99999-01-01
Thu, 19 Nov 99999 12:00:00 GMT
2020-11-19T25:00:00Z
2020-11-19T12:61:00Z
2020-11-19T12:00:61Z
2020-11-19T12:00:00+99:99
2020-11-19T12:00:00+20:00
Thu, 19 Nov 2020 12:00:00 +9999
Thu, 19 Nov 2020 12:00:00 +1500
25:00
03/04/2020
03-04-2020
03/04/20
19/11/20
1
12345
160578720
9999999999
99999999999999999999
1605787200000000000000
-1
1e9
2020年13月19日
20年11月19日
"""


MONTHS_OF_LANGUAGES = """
english: January February March April May June July August September October November December
german: Januar Februar März April Mai Juni Juli August September Oktober November Dezember
french: janvier février mars avril mai juin juillet août septembre octobre novembre décembre
spanish: enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre
italian: gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre
dutch: januari februari maart april mei juni juli augustus september oktober november december
portuguese: janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro
catalan: gener febrer març abril maig juny juliol agost setembre octubre novembre desembre
romanian: ianuarie februarie martie aprilie mai iunie iulie august septembrie octombrie noiembrie decembrie
swedish: januari februari mars april maj juni juli augusti september oktober november december
danish: januar februar marts april maj juni juli august september oktober november december
norwegian: januar februar mars april mai juni juli august september oktober november desember
finnish: tammikuuta helmikuuta maaliskuuta huhtikuuta toukokuuta kesäkuuta heinäkuuta elokuuta syyskuuta lokakuuta
  marraskuuta joulukuuta
estonian: jaanuar veebruar märts aprill mai juuni juuli august september oktoober november detsember
polish: stycznia lutego marca kwietnia maja czerwca lipca sierpnia września października listopada grudnia
czech: ledna února března dubna května června července srpna září října listopadu prosince
czech-nominative: leden únor březen duben květen červen červenec srpen září říjen listopad prosinec
slovak: januára februára marca apríla mája júna júla augusta septembra októbra novembra decembra
slovene: januar februar marec april maj junij julij avgust september oktober november december
hungarian: január február március április május június július augusztus szeptember október november december
lithuanian: sausio vasario kovo balandžio gegužės birželio liepos rugpjūčio rugsėjo spalio lapkričio gruodžio
turkish: Ocak Şubat Mart Nisan Mayıs Haziran Temmuz Ağustos Eylül Ekim Kasım Aralık
indonesian: Januari Februari Maret April Mei Juni Juli Agustus September Oktober November Desember
malay: Januari Februari Mac April Mei Jun Julai Ogos September Oktober November Disember
filipino: Enero Pebrero Marso Abril Mayo Hunyo Hulyo Agosto Setyembre Oktubre Nobyembre Disyembre
russian: января февраля марта апреля мая июня июля августа сентября октября ноября декабря
ukrainian: січня лютого березня квітня травня червня липня серпня вересня жовтня листопада грудня
bulgarian: януари февруари март април май юни юли август септември октомври ноември декември
greek: Ιανουαρίου Φεβρουαρίου Μαρτίου Απριλίου Μαΐου Ιουνίου Ιουλίου Αυγούστου Σεπτεμβρίου Οκτωβρίου Νοεμβρίου
  Δεκεμβρίου
arabic: يناير فبراير مارس أبريل مايو يونيو يوليو أغسطس سبتمبر أكتوبر نوفمبر ديسمبر
hindi: जनवरी फ़रवरी मार्च अप्रैल मई जून जुलाई अगस्त सितंबर अक्टूबर नवंबर दिसंबर
"""


def rows(table: str) -> list[str]:
    return [line for line in table.splitlines() if line]


def languages() -> list[tuple[str, list[str]]]:
    """Each language with its twelve names."""
    lines = MONTHS_OF_LANGUAGES.replace("\n  ", " ").strip().splitlines()
    return [(language, names.split()) for language, _, names in (line.partition(":") for line in lines)]


@pytest.mark.parametrize("text", rows(SPELLINGS_OF_NOON))
def test_spellings_of_noon_name_one_instant(text: str) -> None:
    assert parse_date(text) == NOON


@pytest.mark.parametrize("text", rows(SPELLINGS_OF_AFTERNOON))
def test_spellings_of_many_languages_name_one_instant(text: str) -> None:
    assert parse_date(text) == AFTERNOON


@pytest.mark.parametrize(("text", "expected"), OTHER_INSTANTS)
def test_short_and_odd_spellings_are_read(text: str, expected: datetime) -> None:
    assert parse_date(text) == expected


@pytest.mark.parametrize("text", ["", "  ", *rows(NO_DATES), "9" * 500, "1 " * 5_000, "2020-11-19 " * 1_000])
def test_what_names_no_day_for_certain_is_none(text: str) -> None:
    assert parse_date(text) is None


def test_the_tables_hold_enough_to_mean_something() -> None:
    read = [*rows(SPELLINGS_OF_NOON), *rows(SPELLINGS_OF_AFTERNOON), *(text for text, _ in OTHER_INSTANTS)]
    assert len({*read, *rows(NO_DATES)}) >= 230


@pytest.mark.parametrize("language", languages(), ids=lambda language: language[0])
def test_the_twelve_months_of_a_language_are_told_apart(language: tuple[str, list[str]]) -> None:
    names = language[1]
    assert [month_number(fold(name)) for name in names] == list(range(1, 13))
    for number, name in enumerate(names, start=1):
        assert parse_date(f"19 {name} 2020 16:21") == datetime(2020, number, 19, 16, 21, tzinfo=UTC)


@given(st.text() | st.text(alphabet="0123456789-+:TZW JanMoFebGMT,./h年月日午後١", max_size=40))
def test_reading_a_date_never_raises_and_gives_whole_seconds_of_utc(text: str) -> None:
    at = parse_date(text)
    assert at is None or (at.tzinfo is UTC and at.microsecond == 0)


@settings(max_examples=300)
@given(st.datetimes(min_value=datetime(1971, 1, 1), max_value=datetime(2100, 1, 1)), st.integers(-12 * 60, 14 * 60))
def test_every_instant_of_every_zone_survives_both_standards(at: datetime, minutes: int) -> None:
    instant = at.replace(microsecond=0, tzinfo=timezone(timedelta(minutes=minutes)))
    assert parse_date(instant.isoformat()) == instant
    assert parse_date(instant.strftime("%a, %d %b %Y %H:%M:%S %z")) == instant


@pytest.mark.parametrize(
    "text",
    ["1" * 900, "19 nov " * 120, "(" * 900, "&amp;" * 190, "a" * 900, "19" + " " * 900, "١" * 900, "12:" * 300],
)
def test_bait_of_any_length_is_read_at_once(text: str) -> None:
    start = time.perf_counter()
    for size in (1, 1_000):
        parse_date(text * size)
    assert time.perf_counter() - start < 0.1


@pytest.mark.parametrize(
    ("published", "updated", "expected"),
    [
        ("2020-11-19T12:00:00Z", "2020-11-20T00:00:00Z", (NOON, "given")),
        ("Thu, 19 Nov 2020 12:00:00 GMT", "", (NOON, "given")),
        ("", "2020-11-19T12:00:00Z", (NOON, "given")),
        ("soon", "2020-11-19T12:00:00Z", (NOON, "repaired")),
        ("2020-11-19 12:00", "", (NOON, "repaired")),
        ("Do, 19 Nov 2020 12:00:00 GMT", "", (NOON, "repaired")),
        ("Di, 19 Dez 2019 12:00:00 GMT", "", (datetime(2019, 12, 19, 12, tzinfo=UTC), "repaired")),
        ("2099-01-01T00:00:00Z", "", (SEEN, "clamped")),
        ("2099-01-01T00:00:00Z", "2020-11-19T12:00:00Z", (SEEN, "clamped")),
        ("", "", (SEEN, "first-seen")),
        ("no date", "none either", (SEEN, "first-seen")),
    ],
)
def test_the_first_usable_date_counts(published: str, updated: str, expected: tuple[datetime, str]) -> None:
    assert settle_date(published, updated, NOW) == expected


@pytest.mark.parametrize(
    "sentinel",
    [
        "0001-01-01T00:00:00Z",
        "Mon, 01 Jan 0001 00:00:00 +0000",
        "1601-01-01T00:00:00Z",
        "1899-12-30T00:00:00Z",
        "1900-01-01T00:00:00",
        "1904-01-01T00:00:00Z",
        "Thu, 01 Jan 1970 00:00:00 GMT",
        "Thu, 01 Jan 1970 12:00:00 +1200",
        "1969-12-31T19:00:00-05:00",
        "Thu, 01 Jan 1970 01:00:00 +0100",
        "1970-01-02T00:00:00+12:00",
        "0000-00-00 00:00:00",
        "2038-01-19T03:14:07Z",
        "9999-12-31T23:59:59Z",
        "Fri, 31 Dec 9999 23:59:59 GMT",
        "9999-01-01",
    ],
)
def test_the_zero_and_the_end_of_a_programs_time_count_as_missing(sentinel: str) -> None:
    assert settle_date(sentinel, "", NOW) == (SEEN, "first-seen")
    assert settle_date(sentinel, "2020-11-19T12:00:00Z", NOW) == (NOON, "repaired")


def test_a_date_is_never_later_than_now_by_more_than_a_clock_may_err() -> None:
    near = (NOW + timedelta(minutes=5)).isoformat(timespec="seconds")
    far = (NOW + timedelta(minutes=15)).isoformat(timespec="seconds")
    assert settle_date(near, "", NOW).how == "given"
    assert settle_date(far, "", NOW).how == "clamped"


@given(st.text(max_size=60), st.text(max_size=60))
def test_a_date_is_settled_whatever_the_source_says(published: str, updated: str) -> None:
    settled = settle_date(published, updated, NOW)
    assert settled.at.tzinfo is UTC
    assert settled.at <= NOW + timedelta(minutes=10)
    assert settled.how in {"given", "repaired", "clamped", "first-seen"}


# Both read by feedparser as other days or not at all: 2020/1/10 as 1 November, Portuguese names of months not.
READ_BETTER_THAN_BY_FEEDPARSER = {"kc0011.rss", "uolNoticias.rss"}


def test_real_dates_are_read_as_by_feedparser(shared_dir: Path) -> None:
    different, compared = set(), 0
    for path in sorted((shared_dir / "data" / "feeds").glob("*/*")):
        if not path.is_file():
            continue
        for entry in parse_feed(path.read_bytes(), feed_url="https://feeds.example/x").entries:
            for text in filter(None, (entry.published, entry.updated)):
                theirs = feedparser.datetimes._parse_date(text)
                compared += 1
                if theirs is None or parse_date(text) != datetime.fromtimestamp(calendar.timegm(theirs), UTC):
                    assert parse_date(text) is not None, (path.name, text)
                    different.add(path.name)
    assert compared > 2_000
    assert different <= READ_BETTER_THAN_BY_FEEDPARSER
