"""Which titles recur, what tells their instalments apart, and which titles are none of them."""

from __future__ import annotations

import csv
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.fold.series import Template, same_template, subject_of, template_of
from worker.fold.series_rules import HABITS, RULES, RULES_OF_WORD

NOON = datetime(2026, 3, 3, 12, 0, tzinfo=UTC)


def _template(title: str, hours: float = 0, excerpt: str = "", language: str = "") -> Template | None:
    return template_of(title, excerpt, NOON + timedelta(hours=hours), language)


TEMPLATES = {
    "digest": [
        "5 things to know for Tuesday",
        "Five things you need to know this morning",
        "10 Things to Know for Today",
        "Morning briefing: quake; levy; cup draw",
        "Thursday Evening Business Brief",
        "Business briefs: chip plant planned",
        "Weekend Wrap-Up",
        "Today's top stories",
        "Top stories from around the world",
        "The week in review: a quake and a U-turn",
        "Week Ahead: jobs report, two speeches",
        "The Kiosk newsletter #212",
        "LIVE: latest news - storm, rates, trial",
        "In case you missed it: the stories of the week",
        "Das Wichtigste am Montagmorgen",
        "Nachrichten des Tages",
        "Die Woche im Rückblick",
        "L'essentiel de l'actu de ce lundi",
        "Ce qu'il faut retenir de la journée",
        "Las claves del día: sequía, huelga y fútbol",
        "Las noticias más importantes de hoy",
        "Le notizie di oggi",
        "Rassegna stampa",
        "As notícias do dia",
        "Главные новости дня",
    ],
    "column": [
        "Photo of the day",
        "App of the week, November 12",
        "Letters to the editor",
        "Daily discussion thread",
        "Police Blotter: March 26, 2014",
        "Death notices, March 4",
        "Bild des Tages",
        "La photo du jour",
        "La foto del día",
        "La foto del giorno",
        "Frase do dia",
    ],
    "horoscope": [
        "Horoscope today: what the stars say",
        "Your daily horoscope for March 3",
        "Leo horoscope today",
        "Tageshoroskop für Dienstag",
        "Horoscope du mardi 3 mars",
        "Horóscopo de hoy",
        "Oroscopo di oggi",
        "Horóscopo do dia",
        "Гороскоп на вторник",
    ],
    "history": [
        "This day in history: March 3",
        "Today in history",
        "On this day, March 3",
        "Kalenderblatt 3. März",
        "Efemérides del 3 de marzo",
        "Accadde oggi: 3 marzo",
    ],
    "puzzle": [
        "Quick crossword No 14,201",
        "Your Daily Mini Crossword",
        "Today's Wordle hints and answer",
        "NYT Connections hints for March 3",
        "The weekly news quiz",
        "Kreuzworträtsel des Tages",
        "Mots croisés du mardi",
        "Crucigrama de hoy",
    ],
    "listing": [
        "TV tonight: a drama from the fens",
        "What's on TV this week",
        "Thursday's scoreboard",
        "Sunday league results and fixtures",
        "TV-Tipps am Dienstag",
        "Programme télé du soir",
        "Stasera in tv",
    ],
    "weather": [
        "Weather in Leeds: snow on the hills",
        "Weather: Leeds",
        "Tuesday's weather forecast for Leeds",
        "Wetter in Hamburg: Regen",
        "Météo à Lyon : pluie",
        "El tiempo en Sevilla: hoy",
        "Previsioni meteo Roma oggi",
        "Previsão do tempo para Recife: sol",
    ],
    "lottery": [
        "Lotto results: winning numbers for Saturday",
        "Powerball winning numbers for Saturday",
        "Winning numbers in Powerball drawn Saturday",
        "Lottozahlen am Mittwoch",
        "Résultats du Loto du lundi",
        "Bonoloto: resultados del martes",
        "Estrazioni del Lotto di martedì",
        "Mega-Sena: concurso 2.801",
    ],
    "market": [
        "US stocks close higher as tech shares gain",
        "UPDATE 2-US stocks fall on weak data",
        "Wall Street ends mixed",
        "Stock market today: chips lead",
        "Asian shares rise",
        "Dax schließt im Plus",
        "Wall Street ouvre en baisse",
        "El Ibex 35 cierra en rojo",
        "Piazza Affari chiude in rialzo",
        "Ibovespa fecha em alta",
    ],
    "fuel": [
        "Petrol prices in Port Alder up 2 cents",
        "Gas prices on the rise in Nevada",
        "Ohio gas prices steady",
        "Benzinpreise in Hamburg gefallen",
        "Prix des carburants à Lyon",
    ],
    "episode": [
        "The Long View podcast, episode 41: bridges",
        "'Saltmarsh' season 2, episode 3 recap",
        "Podcast Folge 12: Häfen",
        "Épisode 7 : le port",
        "Episodio 12: el mar",
        "Puntata 8: il porto",
    ],
    "earnings": [
        "Orlin posts 12% rise in fourth-quarter profit",
        "Orlin Q4 profit beats forecasts",
        "Orlin Announces Date of Third Quarter Results Conference Call",
        "Marwick Trust Declares Quarterly Cash Dividend",
        "Nordhafen legt Quartalszahlen vor",
        "Orlin publie ses résultats trimestriels",
        "Orlin presenta resultados del trimestre",
        "Orlin annuncia i risultati del trimestre",
        "Orlin divulga resultados do trimestre",
    ],
    "symbol": ["Orlin Inc. (NASDAQ:ORLN) CFO sells stock"],
    "share": ["Orlin shares climb after strong results", "Orlin's stock price drops"],
    "notice": ["Lumenor Appoints Chief Financial Officer", "GM names vice president for safety"],
    "fixture": [
        "Alder Rovers vs Brackley: kick-off time, TV channel and team news",
        "How to watch: Alder Rovers v Brackley",
        "Betis vs Sevilla: horario y dónde ver",
        "Flamengo x Santos: onde assistir",
    ],
    "ticker": ["Alder Rovers v Brackley: as it happened"],
    "obituary": ["Obituary: Judith Marsh, actor", "Nachruf auf Judith Marsh", "Nécrologie : Judith Marsh"],
}

ORDINARY = [
    "Magnitude 6.8 earthquake strikes off Tirval coast",
    "5 things to know about the new bridge",
    "Severe weather kills three in Texas",
    "Weather delays launch of Moon lander",
    "Weather: the north braces for more snow",
    "Forecast: sequel leaps into theaters",
    "Horoscope writer sued over prediction",
    "Lottery winner gives away fortune",
    "Woman claims $98 million Powerball prize",
    "Crossword inventor's house sold",
    "Episode of violence shocks town",
    "Live music returns to Leeds",
    "Photo of the Day: kites over the bay",
    "History museum opens new wing",
    "Newsletter editor jailed for contempt",
    "Letters from the front found in attic",
    "Apple v. Samsung: jury awards $119 million",
    "Ministers brief press on levy",
    "Police log on to social media",
    "Judge orders review of week in jail",
    "Wall Street banker charged with fraud",
    "Company appoints itself judge in own case",
    "Central bank holds rates at 3.5%, hints at cut in June",
    "Fuel protest blocks motorway",
    "Why petrol prices rise",
    "Stock exchange evacuated after alarm",
    "Doctors share results of trial",
    "Market trader saves dog",
    "Der Tag, an dem die Brücke fiel",
    "Unwetter in Hamburg: Dach abgedeckt",
    "Le jour où tout a changé",
    "El tiempo corre contra el gobierno",
    "Il tempo stringe per il sindaco",
    "",
    "\U0001f6a2\U0001f6a2",
    "東京で震度5弱の地震",
]


@pytest.mark.parametrize(("kind", "title"), [(kind, title) for kind, titles in TEMPLATES.items() for title in titles])
def test_a_title_that_recurs_is_known_by_its_kind(kind: str, title: str) -> None:
    template = _template(title)

    assert template is not None
    assert template.kind == kind


@pytest.mark.parametrize("title", ORDINARY)
def test_an_ordinary_title_follows_no_template(title: str) -> None:
    assert _template(title) is None


def test_every_kind_has_a_habit_and_an_example() -> None:
    assert {rule.kind for rule in RULES} == set(HABITS) == set(TEMPLATES)


def test_a_rule_of_another_language_is_not_tried() -> None:
    assert _template("Das Wichtigste am Montagmorgen", language="de-AT") is not None
    assert _template("Das Wichtigste am Montagmorgen", language="en") is None


SAME: list[tuple[str, float, str, float, bool | None]] = [
    # left title, hour, right title, hour, what the templates say
    ("Quake hits Tirval", 0, "Storm hits Lorne", 0, None),
    ("5 things to know for Tuesday", 0, "5 things to know for Tuesday", 2, True),
    ("5 things to know for Tuesday", 0, "5 things to know for Wednesday", 24, False),
    ("5 things to know for Tuesday", 0, "Train drivers to strike", 0, False),
    ("Morning briefing: A; B", 0, "Morning briefing: C; D", 0, False),
    ("Photo of the day", 0, "Photo of the day", 24, False),
    ("Leo horoscope today", 0, "Virgo horoscope today", 0, False),
    ("Quick crossword No 14,201", 0, "Quick crossword No 14,202", 1, False),
    ("Weather in Leeds: rain", 0, "Weather in York: rain", 0, False),
    ("Weather in Leeds: rain", 0, "Weather: Leeds", 3, True),
    ("Weather in Leeds: rain", 0, "Weather in Leeds: rain", 24, False),
    ("Weather in Leeds: rain", 0, "Rain floods Leeds", 0, False),
    ("Lotto results: winning numbers for Saturday", 0, "Lotto results: winning numbers for Wednesday", 20, False),
    ("Lotto winning numbers for Saturday", 0, "Powerball winning numbers for Saturday", 0, False),
    ("Bonoloto: resultados del 3 de marzo", 0, "Bonoloto: resultados del 4 de marzo", 24, False),
    ("US stocks close higher", 0, "Wall Street ends up, led by technology", 1, True),
    ("US stocks close higher", 0, "Asian shares rise", 1, False),
    ("US stocks close higher", 0, "US stocks close lower", 24, False),
    ("US stocks close higher", 0, "Dow sets record as banks rally", 0, None),
    ("Ohio gas prices steady", 0, "Gas prices on the rise in Nevada", 0, False),
    ("Gas prices on the rise in Nevada", 0, "Nevada gas prices up", 20, True),
    ("Saltmarsh season 2, episode 3 recap", 0, "Saltmarsh season 2, episode 4 recap", 9, False),
    ("Orlin Q4 profit beats forecasts", 0, "Kestra Q4 profit misses forecasts", 0, False),
    ("Orlin Q4 profit beats forecasts", 0, "Orlin posts 12% rise in fourth-quarter profit", 0, True),
    ("Walgreens posts record Q2 sales", 0, "Walgreen Q2 profit down", 0, True),
    ("Orlin Q4 profit beats forecasts", 0, "Cloud boom swells Orlin's coffers", 0, None),
    ("Orlin shares climb", 0, "Kestra shares drop", 0, False),
    ("Lumenor Appoints Chief Financial Officer", 0, "Hexaly Appoints Chief Financial Officer", 0, False),
    ("Rovers vs Brackley: TV channel", 0, "Kingsmere vs Lindholm: TV channel", 0, False),
    ("Rovers vs Brackley: TV channel", 0, "How to watch: Rovers v Brackley", 1, True),
    ("Rovers vs Brackley: TV channel", 0, "Rovers beat Brackley", 12, False),
    ("Obituary: Judith Marsh, actor", 0, "Obituary: Ramon Delgado, writer", 0, False),
    ("Obituary: Judith Marsh, actor", 0, "Judith Marsh dies at 88", 0, None),
    ("Horoscope today", 0, "Photo of the day", 0, False),
]


@pytest.mark.parametrize(("left", "left_hour", "right", "right_hour", "same"), SAME)
def test_instalments_are_the_same_when_their_parts_agree(
    left: str, left_hour: float, right: str, right_hour: float, same: bool | None
) -> None:
    one, other = _template(left, left_hour), _template(right, right_hour)

    assert same_template(one, other) is same
    assert same_template(other, one) is same


def test_digests_of_one_name_are_told_apart_by_their_excerpts() -> None:
    one, again = (_template("Photo of the day", excerpt="A heron waits in the snow.") for _ in range(2))

    assert same_template(one, again) is True
    assert same_template(one, _template("Photo of the day", excerpt="Monks cross the lake.")) is False


@pytest.mark.parametrize(
    ("title", "subject"),
    [
        ("LIVE: Quake hits coast", "Quake hits coast"),
        ("[VIDEO] Whale swims free", "Whale swims free"),
        ("Watch | Whale swims free", "Whale swims free"),
        ("UPDATE 3 - Quake in Tirval kills 31", "Quake in Tirval kills 31"),
        ("In pictures: Rosetta carnival", "Rosetta carnival"),
        ("Photo of the Day: kites over the bay", "kites over the bay"),
        ("Storm Ada: what we know so far", "Storm Ada"),
        ("Déraillement près de Dijon : ce que l’on sait", "Déraillement près de Dijon"),
        ("EN DIRECT : le séisme au Tirval", "le séisme au Tirval"),
        ("+++ Eilmeldung +++", "+++ Eilmeldung +++"),
        ("Live music returns to Leeds", "Live music returns to Leeds"),
        ("Live-action film of the comic", "Live-action film of the comic"),
        ("Watch out for scams", "Watch out for scams"),
        ("Live updates", "Live updates"),
        ("", ""),
    ],
)
def test_a_label_and_a_phrase_of_the_form_are_no_part_of_the_subject(title: str, subject: str) -> None:
    assert subject_of(title) == subject


@given(st.text(max_size=80), st.sampled_from(sorted(RULES_OF_WORD)), st.text(max_size=80))
def test_any_title_has_a_subject_and_agrees_with_itself(before: str, word: str, after: str) -> None:
    title = f"{before} {word} {after}"
    template = _template(title)

    assert subject_of(title) or not title
    assert same_template(template, template) is not False


@pytest.mark.parametrize("piece", ["brief ", "vs ", "a: ", "the ", "weekly ", "- ", "1 ", "us "])
def test_the_work_on_a_hostile_title_is_bounded(piece: str) -> None:
    """A title of 100 KB that is made of the words of the rules; without a bound it takes minutes."""
    started = time.process_time()
    for word in RULES_OF_WORD:
        _template(f"{piece * 100}{word} {piece * 30_000}")

    assert time.process_time() - started < 20


def test_few_headlines_of_a_real_stream_are_closed_templates(shared_dir: Path) -> None:
    """A news stream has some digests in a thousand titles; of an ordinary one a rule must not say that it is one."""
    with (shared_dir / "data" / "stories" / "uci-dev-stream.csv").open(encoding="utf-8", newline="") as lines:
        titles = [row["TITLE"] for row in csv.DictReader(lines)]
    templates = [template for title in titles if (template := _template(title))]

    assert sum(template.closed for template in templates) < len(titles) * 0.002
    assert len(templates) < len(titles) * 0.03
