"""Language tags as feeds write them, brought into the form of BCP 47 (RFC 5646)."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

MAX_TAG_CHARS: Final = 35  # RFC 5646 section 4.4.1: what a buffer must at least hold

# RFC 5646 section 2.1: language, extended language, script, region, then variants and extensions.
_TAG: Final = re.compile(
    r"(?P<language>[a-z]{2,3})(?:-(?P<extended>[a-z]{3}))?(?:-(?P<script>[a-z]{4}))?(?:-(?P<region>[a-z]{2}|[0-9]{3}))?"
    r"(?P<rest>(?:-(?:[a-z0-9]{5,8}|[0-9][a-z0-9]{3}))*(?:-[a-z0-9](?:-[a-z0-9]{1,8})+)*)"
)
# Two-letter codes of ISO 639-1. Feeds also write those of countries: "cn", "jp", "gr", "dk" name no language.
_CODES: Final = frozenset(
    """
    aa ab ae af ak am an ar as av ay az ba be bg bh bi bm bn bo br bs ca ce ch co cr cs cu cv cy da de dv dz ee el en
    eo es et eu fa ff fi fj fo fr fy ga gd gl gn gu gv ha he hi ho hr ht hu hy hz ia id ie ig ii ik io is it iu ja jv
    ka kg ki kj kk kl km kn ko kr ks ku kv kw ky la lb lg li ln lo lt lu lv mg mh mi mk ml mn mr ms mt my na nb nd ne
    ng nl nn no nr nv ny oc oj om or os pa pi pl ps pt qu rm rn ro ru rw sa sc sd se sg sh si sk sl sm sn so sq sr ss
    st su sv sw ta te tg th ti tk tl tn to tr ts tt tw ty ug uk ur uz ve vi vo wa wo xh yi yo za zh zu
    """.split()  # noqa: SIM905 - a table, not a list of literals
)


def read_pairs(text: str) -> dict[str, str]:
    """A table written as ``key:value key:value``."""
    return dict(pair.split(":") for pair in text.split())


# The shortest code is the one to use (RFC 5646 section 2.2.1); withdrawn ones have a successor (section 3.1.7).
_PREFERRED: Final = read_pairs("""
    iw:he in:id ji:yi jw:jv mo:ro
    eng:en deu:de ger:de fra:fr fre:fr spa:es por:pt ita:it nld:nl dut:nl pol:pl rus:ru ukr:uk zho:zh chi:zh jpn:ja
    kor:ko ara:ar heb:he hin:hi tur:tr swe:sv dan:da nor:no fin:fi ces:cs cze:cs hun:hu ron:ro rum:ro ell:el gre:el
""")
# "undetermined", "several", "no linguistic content", "uncoded": these tell nothing.
_SAY_NOTHING: Final = frozenset({"und", "mul", "zxx", "mis"})


@lru_cache(maxsize=1_024)
def normalize_tag(tag: str) -> str:
    """The tag in the form of RFC 5646 section 2.1.1: ``en_US`` gives ``en-US``, ``ZH-hans-cn`` ``zh-Hans-CN``.

    "" for what is no tag, names no language, or is a country's code.
    """
    plain = tag.strip().partition(".")[0].partition("@")[0].replace("_", "-").lower()
    match = _TAG.fullmatch(plain) if len(plain) <= MAX_TAG_CHARS else None
    if match is None:
        return ""
    language = match["extended"] or match["language"]  # section 4.1: zh-yue is yue
    language = _PREFERRED.get(language, language)
    if language in _SAY_NOTHING or (len(language) == 2 and language not in _CODES):
        return ""
    script, region = (match["script"] or "").title(), (match["region"] or "").upper()
    return "-".join(filter(None, (language, script, region))) + match["rest"]
