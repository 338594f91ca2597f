"""What publishing systems add to a text, and texts that are nothing else."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.normalize.boilerplate import without_boilerplate
from worker.normalize.filler import is_filler
from worker.normalize.text import clean_text

NEWS = "The news is this, at last."


@pytest.mark.parametrize(
    "ending",
    [
        # marks of a cut
        *("[…]", "[...]", "(more…)", "(more...)", "[… more]", "(continued...)"),
        # invitations
        *("Read more", "Read more...", "Read More Here →", "[read more]", "(Read more)", "Read the full story »"),
        *(
            "Continue reading",
            "Continue reading…",
            "Keep reading",
            "Click here to read more",
            "Permalink",
            "∞ Permalink",
        ),
        *("Weiterlesen", "Weiterlesen »", "Mehr lesen", "Zum Artikel", "Den ganzen Artikel lesen"),
        *("Lire la suite", "Lire la suite de l’article", "En savoir plus", "Lire la suite..."),
        *(
            "Leer más",
            "Seguir leyendo",
            "Sigue leyendo",
            "Leia mais (09/24/2018 - 19h22)",
            "Continue lendo",
            "Saiba mais",
        ),
        *("Leggi tutto", "Continua a leggere", "Lees verder", "Lees meer >", "Czytaj dalej", "Czytaj więcej…"),
        *("Läs mer", "Læs mere", "Les mer", "Lue lisää", "Celý článek", "Читать далее", "Подробнее", "Читати далі"),
        *("続きを読む", "阅读全文", "더 보기", "Devamını oku"),
        # stamps
        "The post A title appeared first on A Site.",
        "The post A title first appeared on A Site.",
        "The post Mr. Miller’s “home”! What? appeared first on boston.com.",
        "Der Beitrag Die Fähre ist zurück erschien zuerst auf Hafenbote.",
        "L’article Le ferry revient est apparu en premier sur Le Port.",
        "La entrada El ferry regresa se publicó primero en El Puerto.",
        "O post A balsa voltou apareceu primeiro em O Porto.",
        "L'articolo Il traghetto torna sembra essere il primo su Il Porto.",
        "L’articolo Il traghetto torna proviene da Il Porto.",
        "Het bericht De pont is terug verscheen eerst op De Haven.",
        "Artykuł Prom wrócił pochodzi z serwisu Port.",
        "Inlägget Färjan är tillbaka dök först upp på Hamnen.",
        "Indlægget Færgen er tilbage blev vist først på Havnen.",
        "Запись Паром вернулся впервые появилась на Порт.",
        # where it was printed before
        "This article originally appeared on Port Post.",
        "This story was first published by portpost.example.",
        "Originally published at portpost.example/ferry.",
        "Dieser Artikel ist zuerst erschienen bei Hafenbote.",
        "Cet article a été initialement publié sur Le Port.",
        "Este artículo se publicó originalmente en El Puerto.",
        # with a variable part
        "Continue reading A title →",
        "Continue reading A title at Port Post",
        "Read the full story at portpost.example.",
        "Read more at Port Post",
        "Click here to subscribe to the letter.",
        "Related: Why the ferry was gone so long",
        "(Image credit: Ann Lee/Port Post)",
        "Filed under: Ferries, Ports",
        "Share this: Mail Print",
        "submitted by /u/someone to r/ferries [link] [1,143 comments]",
        "submitted by /u/someone [link] [comment]",
        "Article URL: https://a.example/1 Comments URL: https://b.example/2 Points: 12 # Comments: 3",
        # one behind the other
        "[…] The post A title appeared first on A Site.",
        "Related: Why the ferry was gone Continue reading...",
        "(Image credit: Ann Lee) Read more",
    ],
)
def test_what_publishing_systems_add_does_not_end_a_text(ending: str) -> None:
    assert without_boilerplate(f"{NEWS} {ending}") == NEWS
    assert without_boilerplate(ending) == "" or ending.startswith(("(Image", "Related"))


def test_an_invitation_behind_an_ellipsis_leaves_the_ellipsis() -> None:
    assert without_boilerplate("The news is … read more »") == "The news is …"
    assert without_boilerplate("The news is... Read more") == "The news is..."


@pytest.mark.parametrize(
    "text",
    [
        "Read more books, she says. It helps.",
        "Seven reasons why you should read more",
        "She wants to read more.",
        "He loves to read more…",
        "The post office appeared first on the map. Then came the port.",
        "The paper was originally published in a journal",
        "The study was first published in Nature in 2019.",
        "Continue reading for an hour a day. That is the advice.",
        "The port is closed [citation needed]",
        "The ferry (the big one)",
        "Il traghetto continua",
        "Er will weiterlesen",
        "They have no comments",
        "The two are related: one is the other’s aunt",
        "Credit: the bank gave it. (See page 3)",
        "Click here and there went the clock. Then silence.",
        "It was submitted by the mayor",
    ],
)
def test_a_sentence_that_only_resembles_it_stays(text: str) -> None:
    assert without_boilerplate(text) == text


def test_arxivs_announcement_does_not_begin_a_text() -> None:
    text = "arXiv:2401.01234v2 Announce Type: replace-cross Abstract: We study ferries."
    assert without_boilerplate(text) == "We study ferries."


@pytest.mark.parametrize(
    ("text", "title", "filler"),
    [
        ("", "A title", True),
        ("— …", "A title", True),
        ("A title", "A title", True),
        ("A TITLE.", "A title", True),
        ("v3.9.0", "3.9.0", False),
        ("Comments", "", True),
        ("12 Comments", "", True),
        ("By Ann Lee", "", True),
        ("By ANN LEE and Bob de Vries", "", True),
        ("Por Ana Lima e João da Silva", "", True),
        ("By the river", "", False),
        ("By noon it was over", "", False),
        ("March 2, 2026", "", True),
        ("Published on 2026-03-02 10:30", "", True),
        ("03.02.2026", "", True),
        ("In March 2026 it ended", "", False),
        ("A short sentence", "", False),
        ("By " + "Ann " * 40, "", False),
    ],
)
def test_a_filler_is_a_text_that_says_nothing(text: str, title: str, filler: bool) -> None:
    assert is_filler(text, title) is filler


ENDS = st.sampled_from(
    [
        "Read more",
        "[…]",
        "The post ",
        " appeared first on ",
        "Continue reading ",
        "Related: ",
        "»",
        ". ",
        "x",
        "(",
        "]",
        "1",
    ]
)


@given(st.lists(ENDS, max_size=20).map("".join).map(clean_text) | st.text().map(clean_text))
def test_what_is_left_is_the_texts_beginning_and_has_no_more_to_lose(text: str) -> None:
    left = without_boilerplate(text)
    assert text.startswith((left, "arXiv:"))


@pytest.mark.parametrize(
    "bait",
    [
        *(
            "The post ",
            "Continue reading ",
            "Related: ",
            "submitted by ",
            "[link] ",
            "L’articolo proviene da ",
            "Read more ",
        ),
        *(
            "appeared first on ",
            "This article originally appeared on ",
            "By A",
            "by a",
            "(Image credit: ",
            "[",
            "1 ",
            "a.",
        ),
    ],
)
def test_long_bait_is_judged_at_once(bait: str) -> None:
    text = bait * (100_000 // len(bait))
    started = time.process_time()
    for end in (
        "",
        "appeared first on x",
        "Related:",
        "[link] [comments]",
        "]",
        ")",
        "Read more",
        " a b c d e f g h !",
    ):
        without_boilerplate(text + end)
        is_filler(text[:90] + end)
    assert time.process_time() - started < 1
