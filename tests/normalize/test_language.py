"""The language of a text: as stated, by its letters, by its words."""

from __future__ import annotations

import time
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storyfold.errors import SourceError
from worker.normalize.language import Language, detect_language
from worker.normalize.language_tag import normalize_tag
from worker.normalize.script import dominant_script
from worker.normalize.words import read_words
from worker.sources.parse.feed_document import parse_feed

RUSSIAN = "Городской совет решил во вторник отремонтировать старый мост до зимних бурь."


@pytest.mark.parametrize(
    ("tag", "normal"),
    [
        ("en", "en"),
        ("EN", "en"),
        (" en-us ", "en-US"),
        ("en_US", "en-US"),
        ("en_US.UTF-8", "en-US"),
        ("de_DE@euro", "de-DE"),
        ("ZH-hans-cn", "zh-Hans-CN"),
        ("es-419", "es-419"),
        ("sr_latn", "sr-Latn"),
        ("de-1901", "de-1901"),
        ("de-CH-x-foo", "de-CH-x-foo"),
        ("ger", "de"),
        ("eng-GB", "en-GB"),
        ("iw", "he"),
        ("zh-yue-HK", "yue-HK"),
        ("en-abc-def", ""),
        ("ast", "ast"),
        ("", ""),
        ("english", ""),
        ("en,fr", ""),
        ("en-", ""),
        ("cn", ""),
        ("jp", ""),
        ("und", ""),
        ("mul", ""),
        ("x-default", ""),
        ("en\u202e", ""),
        ("<b>", ""),
        ("e", ""),
        ("en-" + "a" * 60, ""),
    ],
)
def test_a_tag_is_brought_into_its_form_and_junk_is_none(tag: str, normal: str) -> None:
    assert normalize_tag(tag) == normal


@given(st.text(max_size=40) | st.from_regex(r"[a-zA-Z]{2,3}([-_][a-zA-Z0-9]{1,8}){0,3}", fullmatch=True))
def test_the_form_of_a_tag_is_stable(tag: str) -> None:
    assert normalize_tag(normalize_tag(tag)) == normalize_tag(tag)


SENTENCES = [
    # Latin letters
    ("en", "The council voted on Tuesday to repair the old bridge before the winter storms arrive."),
    ("en", "How a small bakery survived the worst year of its history"),
    ("de", "Der Stadtrat hat am Dienstag beschlossen, die alte Brücke vor dem Winter zu reparieren."),
    ("de", "Warum die kleine Bäckerei trotz der Krise nicht schließen musste"),
    ("fr", "Le conseil municipal a décidé mardi de réparer le vieux pont avant les tempêtes d'hiver."),
    ("fr", "Comment une petite boulangerie a survécu à la pire année de son histoire"),
    ("es", "El ayuntamiento decidió el martes reparar el viejo puente antes de las tormentas de invierno."),
    ("es", "Cómo una pequeña panadería sobrevivió al peor año de su historia"),
    ("pt", "A câmara municipal decidiu na terça-feira reparar a velha ponte antes das tempestades de inverno."),
    ("pt", "Como uma pequena padaria sobreviveu ao pior ano da sua história"),
    ("it", "Il consiglio comunale ha deciso martedì di riparare il vecchio ponte prima delle tempeste invernali."),
    ("it", "Come una piccola panetteria è sopravvissuta all'anno peggiore della sua storia"),
    ("nl", "De gemeenteraad besloot dinsdag de oude brug te herstellen voordat de winterstormen komen."),
    ("nl", "Hoe een kleine bakkerij het slechtste jaar uit haar geschiedenis overleefde"),
    ("pl", "Rada miasta postanowiła we wtorek naprawić stary most, zanim nadejdą zimowe burze."),
    ("pl", "Jak mała piekarnia przetrwała najgorszy rok w swojej historii"),
    ("sv", "Kommunfullmäktige beslutade på tisdagen att reparera den gamla bron innan vinterstormarna kommer."),
    ("sv", "Hur ett litet bageri överlevde det värsta året i sin historia"),
    ("da", "Politiet har anholdt en mand, der er mistænkt for at have stjålet adskillige cykler ved stationen."),
    ("no", "Kommunestyret vedtok tirsdag å reparere den gamle broen før vinterstormene kommer."),
    ("fi", "Kaupunginvaltuusto päätti tiistaina korjata vanhan sillan ennen talvimyrskyjen saapumista."),
    ("cs", "Městská rada v úterý rozhodla opravit starý most dříve, než přijdou zimní bouře."),
    ("sk", "Mestská rada v utorok rozhodla opraviť starý most skôr, ako prídu zimné búrky."),
    ("hu", "A városi tanács kedden úgy döntött, hogy a téli viharok előtt megjavítja a régi hidat."),
    ("ro", "Consiliul local a hotărât marți să repare podul vechi înainte de furtunile de iarnă."),
    ("tr", "Belediye meclisi salı günü eski köprüyü kış fırtınaları gelmeden onarmaya karar verdi."),
    ("vi", "Hội đồng thành phố đã quyết định hôm thứ Ba sửa chữa cây cầu cũ trước khi bão mùa đông đến."),
    ("ca", "L'ajuntament va decidir dimarts reparar el vell pont abans que arribin les tempestes d'hivern."),
    # Cyrillic letters
    ("ru", RUSSIAN),
    ("ru", "Как маленькая пекарня пережила худший год в своей истории"),
    ("uk", "Міська рада вирішила у вівторок відремонтувати старий міст до зимових бур, її підтримали всі."),
    ("bg", "Общинският съвет реши във вторник да ремонтира стария мост преди зимните бури."),
    ("sr", "Градско веће је у уторак одлучило да поправи стари мост пре зимских олуја."),
    ("be", "Гарадскі савет у аўторак вырашыў адрамантаваць стары мост да зімовых бур."),
    ("mk", "Градскиот совет во вторникот одлучи да го поправи стариот мост пред зимските бури."),
    # other letters
    ("el", "Το δημοτικό συμβούλιο αποφάσισε την Τρίτη να επισκευάσει την παλιά γέφυρα."),
    ("ja", "市議会は火曜日、冬の嵐が来る前に古い橋を修理することを決めた。"),
    ("ja", "トヨタ、新型EVを発表"),
    ("zh", "市议会周二决定在冬季风暴来临之前修复旧桥。"),
    ("zh", "市議會週二決定在冬季風暴來臨之前修復舊橋。"),
    ("ko", "시의회는 화요일 겨울 폭풍이 오기 전에 낡은 다리를 수리하기로 결정했다."),
    ("ar", "قرر مجلس المدينة يوم الثلاثاء إصلاح الجسر القديم قبل وصول عواصف الشتاء."),
    ("fa", "شورای شهر روز سه‌شنبه تصمیم گرفت پل قدیمی را پیش از رسیدن توفان‌های زمستانی تعمیر کند."),
    ("ur", "شہر کی کونسل نے منگل کو فیصلہ کیا کہ سردیوں کے طوفان سے پہلے پرانے پل کی مرمت کی جائے گی۔"),
    ("he", "מועצת העיר החליטה ביום שלישי לתקן את הגשר הישן לפני בוא סופות החורף."),
    ("hi", "नगर परिषद ने मंगलवार को सर्दियों के तूफान से पहले पुराने पुल की मरम्मत करने का फैसला किया।"),
    ("mr", "नगर परिषदेने मंगळवारी जुना पूल दुरुस्त करण्याचा निर्णय घेतला आहे."),
    ("ne", "नगर परिषद्ले मङ्गलबार पुरानो पुल मर्मत गर्ने निर्णय गरेको छ।"),
    ("th", "สภาเมืองตัดสินใจเมื่อวันอังคารที่จะซ่อมสะพานเก่าก่อนที่พายุฤดูหนาวจะมาถึง"),
    ("bn", "নগর পরিষদ মঙ্গলবার শীতের ঝড় আসার আগে পুরোনো সেতুটি মেরামত করার সিদ্ধান্ত নিয়েছে।"),
    ("ta", "நகர சபை செவ்வாய்க்கிழமை குளிர்காலப் புயல்களுக்கு முன் பழைய பாலத்தைச் சரிசெய்ய முடிவு செய்தது."),
    ("ka", "საქალაქო საბჭომ სამშაბათს ძველი ხიდის შეკეთება გადაწყვიტა."),
    ("hy", "Քաղաքային խորհուրդը երեքշաբթի որոշեց վերանորոգել հին կամուրջը։"),
]


@pytest.mark.parametrize(("tag", "sentence"), SENTENCES)
def test_an_undeclared_language_is_detected(tag: str, sentence: str) -> None:
    found = detect_language("", sentence)
    assert found.tag == tag
    assert found.how in ("script", "detected")
    assert detect_language("", sentence) == found


@pytest.mark.parametrize(
    "text",
    [
        "",
        "A Thing",
        "iPhone 17",
        "Was war. Was wird.",
        "4:3",
        "2026-03-02",
        "Xiaomi 小米",
        "東京の夜景",
        "https://a.example/b",
        "🎉🎉🎉",
        "\ud800",
    ],
)
def test_of_too_few_words_no_language_is_told(text: str) -> None:
    assert detect_language("", text) == Language("", "")


@pytest.mark.parametrize(
    ("declared", "text", "tag"),
    [
        ("en_US", "The ferry returns to port", "en-US"),
        ("en", "A Thing", "en"),
        ("en", "", "en"),
        ("ru", RUSSIAN, "ru"),
        ("zh-cn", "市议会周二决定修复旧桥", "zh-CN"),
        ("ja", "東京証券取引所", "ja"),
        ("sr", "Gradsko veće je odlučilo da popravi most", "sr"),
        ("sr", "Градско веће је одлучило да поправи мост", "sr"),
        ("en", "Putin (Путин) said on Monday that the talks went well", "en"),
        ("ru", "Apple", "ru"),
        ("gsw", "Dr Stadtrat het bschlosse, d Brügg z flicke", "gsw"),
    ],
)
def test_a_declared_language_is_believed_when_the_letters_agree(declared: str, text: str, tag: str) -> None:
    assert detect_language(declared, text) == Language(tag, "given")


@pytest.mark.parametrize(
    ("declared", "text", "tag"),
    [
        ("en", RUSSIAN, "ru"),
        ("en-US", "市议会周二决定在冬季风暴来临之前修复旧桥。", "zh"),
        ("en", "قرر مجلس المدينة يوم الثلاثاء إصلاح الجسر القديم.", "ar"),
        ("de", "시의회는 화요일 낡은 다리를 수리하기로 결정했다.", "ko"),
        ("ru", "The council voted on Tuesday to repair the old bridge with the help of the army.", "en"),
        ("zh", "The council voted on Tuesday to repair the old bridge with the help of the army.", "en"),
        ("ar", "מועצת העיר החליטה ביום שלישי לתקן את הגשר הישן.", "he"),
        ("xx", "The council voted on Tuesday to repair the old bridge with the help of the army.", "en"),
        ("el", "Xkcd qwrt zzzz", ""),
    ],
)
def test_a_declared_language_that_the_letters_contradict_is_not_believed(declared: str, text: str, tag: str) -> None:
    found = detect_language(declared, text)
    assert found.tag == tag
    assert found.how != "given"


@pytest.mark.parametrize(
    ("text", "script"),
    [
        ("The ferry returns", "Latn"),
        ("Żółta łódź płynie", "Latn"),
        (RUSSIAN, "Cyrl"),
        ("Apple发布新款手机iPhone", "Hani"),
        ("short", ""),
        ("12345678 90", ""),
        ("αβγδε abcde", ""),
    ],
)
def test_the_script_is_that_of_most_letters(text: str, script: str) -> None:
    assert dominant_script(text) == script


@given(st.text(max_size=20), st.text(max_size=400))
def test_any_text_has_a_language_or_none(declared: str, text: str) -> None:
    found = detect_language(declared, text)
    assert bool(found.tag) == bool(found.how)
    assert normalize_tag(found.tag) == found.tag
    assert found == detect_language(declared, text)


@pytest.mark.parametrize("bait", ["a", "я", "日", "aя", " ", "\u0301", "\U0001f468", "\x00"])
def test_a_long_text_is_judged_by_its_beginning(bait: str) -> None:
    started = time.process_time()
    for _ in range(20):
        detect_language("en", bait * (1_000_000 // len(bait)))
    assert time.process_time() - started < 1


def test_real_entries_declare_what_is_detected(shared_dir: Path) -> None:
    """Where feeds declare a language, detection without the declaration nearly always says the same, or nothing."""
    told: Counter[str] = Counter()
    for path in sorted((shared_dir / "data" / "feeds").glob("*/*")):
        try:
            entries = parse_feed(path.read_bytes(), feed_url="https://feed.example/").entries
        except SourceError:
            continue
        for entry in entries:
            declared = normalize_tag(entry.language).partition("-")[0]
            try:
                words = read_words(entry)
            except SourceError:
                continue
            if declared:
                found = detect_language("", f"{words.title} {words.excerpt}").tag
                told["unsure" if not found else "right" if found == declared else "wrong"] += 1
    assert told["right"] > 1_000
    assert told["wrong"] <= told["right"] / 200
    assert told["unsure"] <= told["right"] / 10
