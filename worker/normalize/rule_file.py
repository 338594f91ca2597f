"""The rules file: ``rules.yaml`` of the configuration folder, read and compiled.

Everything that is wrong with it is one line that names the file, the rule and the field.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Container
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from storyfold.document import SLUG_PATTERN, StoryType
from storyfold.errors import SettingsError
from worker.normalize.rule_conditions import FIELDS, TEXT_FIELDS, Condition, Names, OlderThan, Pattern, Phrases
from worker.normalize.rules import BLOCK, KEEP, RECATEGORIZE, RETAG, Action, Rule, Rules
from worker.normalize.taxonomy import Taxonomy
from worker.normalize.topic_words import split_words

if TYPE_CHECKING:
    import re2

NAMED = "named"
"""In place of a feed's address: those feeds whose settings name the rule."""

MAX_RULES = 2_000
MAX_VALUES = 1_000  # in one list
MAX_PATTERN_CHARS = 10_000
MAX_NAME_CHARS = 80

_RULE_KEYS = frozenset({"name", "feed", "when", "do", "documents"})
_TESTS = ("match", "contains", "is")
_SLUG = re.compile(SLUG_PATTERN)


class _Fault(Exception):  # noqa: N818 - never leaves this module
    """Field of a rule, and what is wrong with it."""

    def __init__(self, field: str, fault: str) -> None:
        super().__init__(field, fault)
        self.field = field
        self.fault = fault


def load_rules(path: Path, taxonomy: Taxonomy) -> Rules:
    """Read and compile a rules file; a file that is not there holds no rules.

    Raises:
        SettingsError: one line with the file, the rule and the field.
    """
    try:
        values = yaml.safe_load(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        return Rules()
    except (yaml.YAMLError, UnicodeDecodeError, OSError) as error:
        raise SettingsError(f"{path}: cannot be read: {' '.join(str(error).split())}") from error
    listed = [] if values is None else values.get("rules") if isinstance(values, dict) else values
    if listed is None:
        listed = []
    if not isinstance(listed, list) or (isinstance(values, dict) and values.keys() - {"rules"}):
        raise SettingsError(f"{path}: it holds one key, rules, with a list of rules")
    if len(listed) > MAX_RULES:
        raise SettingsError(f"{path}: {len(listed)} rules; at most {MAX_RULES} are read")
    return Rules(_read_all(path, listed, taxonomy), taxonomy) if listed else Rules()


def _read_all(path: Path, listed: list[Any], taxonomy: Taxonomy) -> list[Rule]:
    rules: dict[str, Rule] = {}
    for number, values in enumerate(listed, start=1):
        stated = values.get("name") if isinstance(values, dict) else None
        called = f"rule {stated!r}" if isinstance(stated, str) else f"rule number {number}"
        try:
            rule = _read_rule(values, taxonomy, rules)
        except _Fault as fault:
            raise SettingsError(f"{path}: {called}: {fault.field}: {fault.fault}") from fault
        rules[rule.name] = rule
    return list(rules.values())


def _read_rule(values: Any, taxonomy: Taxonomy, taken: Container[str]) -> Rule:
    if not isinstance(values, dict):
        raise _Fault("rule", "is no mapping with name, when and do")
    for key in values:
        if key not in _RULE_KEYS:
            raise _Fault(str(key), f"is none of {', '.join(sorted(_RULE_KEYS))}")
    documents = values.get("documents", False)
    if not isinstance(documents, bool):
        raise _Fault("documents", "is neither true nor false")
    is_named = values.get("feed") == NAMED
    feeds = _texts("feed", values["feed"]) if "feed" in values and not is_named else ()
    name = _name(values.get("name"))
    if name in taken:
        raise _Fault("name", "another rule has it already")
    return Rule(
        name=name,
        feeds=tuple(tuple(feed.split("*")) for feed in feeds),
        conditions=_conditions(values.get("when", {}), taxonomy),
        action=_action(values.get("do"), taxonomy),
        is_for_documents=documents,
        is_named=is_named,
    )


def _name(value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        raise _Fault("name", "each rule needs a name, which is a text")
    if len(value) > MAX_NAME_CHARS or "," in value or not value.isprintable():
        raise _Fault("name", f"is at most {MAX_NAME_CHARS} characters in one line, without commas")
    return value.strip()


def _conditions(when: Any, taxonomy: Taxonomy) -> tuple[Condition | OlderThan, ...]:
    if not isinstance(when, dict):
        raise _Fault("when", "is no mapping of fields to what they must be")
    conditions = [_condition(str(field), value, taxonomy) for field, value in when.items()]
    # what costs least is asked first
    return tuple(sorted(conditions, key=lambda each: isinstance(each, Condition) and each.field in TEXT_FIELDS))


def _condition(field: str, value: Any, taxonomy: Taxonomy) -> Condition | OlderThan:
    at = f"when.{field}"
    if field == "older_than_hours":
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1_000_000:
            raise _Fault(at, f"{value!r} is no number of hours")
        return OlderThan(age=timedelta(hours=value))
    if field not in FIELDS:
        raise _Fault(at, f"is none of {', '.join((*FIELDS, 'older_than_hours'))}")
    if not isinstance(value, dict):
        return Condition(field=field, tests=(_test(field, _default_test(field), value, at, taxonomy),))
    unless = value.get("not")
    positive = {key: each for key, each in value.items() if key != "not"}
    return Condition(
        field=field,
        tests=_tests(field, positive, at, taxonomy) if positive or unless is None else (),
        unless=() if unless is None else _negated(field, unless, f"{at}.not", taxonomy),
    )


def _negated(field: str, value: Any, at: str, taxonomy: Taxonomy) -> tuple[Any, ...]:
    if isinstance(value, dict):
        return _tests(field, value, at, taxonomy)
    return (_test(field, _default_test(field), value, at, taxonomy),)


def _tests(field: str, values: dict[Any, Any], at: str, taxonomy: Taxonomy) -> tuple[Any, ...]:
    if not values:
        raise _Fault(at, "says nothing")
    for key in values:
        if key not in _TESTS:
            raise _Fault(f"{at}.{key}", f"is none of {', '.join(_TESTS)}, not")
    return tuple(_test(field, key, value, f"{at}.{key}", taxonomy) for key, value in values.items())


def _default_test(field: str) -> str:
    return "match" if field in TEXT_FIELDS else "is"


def _test(field: str, kind: str, value: Any, at: str, taxonomy: Taxonomy) -> Pattern | Phrases | Names:
    texts = _texts(at, value)
    if kind == "match":
        return _pattern(texts, at)
    if kind == "contains":
        for text in texts:
            if not split_words(text):
                raise _Fault(at, f"{text!r} holds no word")
        return Phrases(texts)
    check = _CHECKS.get(field)
    for text in texts:
        if check and "*" not in text and not check(text, taxonomy):
            raise _Fault(at, f"there is no {field} {text!r}")
    return Names(
        texts,
        inner="." if field in ("domain", "host") else "",
        outer="-" if field == "language" else "",
    )


_CHECKS: dict[str, Callable[[str, Taxonomy], bool]] = {
    "topic": lambda text, taxonomy: text in taxonomy,
    "type": lambda text, _: text in list(StoryType),
    "category": lambda text, _: _SLUG.fullmatch(text) is not None,
}


def _pattern(texts: tuple[str, ...], at: str) -> Pattern:
    import re2  # only who has rules pays for it

    options = re2.Options()
    options.log_errors = False  # they are ours to tell
    options.never_capture = True
    for text in texts:
        if len(text) > MAX_PATTERN_CHARS:
            raise _Fault(at, f"a pattern of {len(text)} characters; at most {MAX_PATTERN_CHARS} are read")
        _compiled(text, options, at)
    # one search for all of them
    return Pattern(_compiled("|".join(f"(?:{text})" for text in texts) if len(texts) > 1 else texts[0], options, at))


def _compiled(pattern: str, options: re2.Options, at: str) -> re2._Regexp:
    import re2

    try:
        return re2.compile(pattern, options)
    except (re2.error, UnicodeEncodeError) as error:
        reason = error.args[0].decode(errors="replace") if isinstance(error.args[0], bytes) else str(error)
        raise _Fault(at, f"no regular expression of RE2: {reason}: {pattern[:80]!r}") from error


def _texts(at: str, value: Any) -> tuple[str, ...]:
    listed = value if isinstance(value, list) else [value]
    if not listed or len(listed) > MAX_VALUES:
        raise _Fault(at, f"wants one value or a list of at most {MAX_VALUES}")
    for each in listed:
        if not isinstance(each, str) or not each:
            raise _Fault(at, f"{each!r} is no text; quote what YAML reads as something else")
    return tuple(listed)


def _action(value: Any, taxonomy: Taxonomy) -> Action:
    if value in (KEEP, BLOCK):
        return Action(kind=value)
    if not isinstance(value, dict) or len(value) != 1 or not value.keys() <= {RETAG, RECATEGORIZE}:
        raise _Fault("do", "is one of keep, block, retag: ..., recategorize: ...")
    if RECATEGORIZE in value:
        slug = value[RECATEGORIZE]
        if not isinstance(slug, str) or not _SLUG.fullmatch(slug):
            raise _Fault("do.recategorize", f"{slug!r} is no collection: lower-case letters, digits, - and _")
        return Action(kind=RECATEGORIZE, category=slug)
    return _retag(value[RETAG], taxonomy)


def _retag(value: Any, taxonomy: Taxonomy) -> Action:
    if isinstance(value, list):
        return Action(kind=RETAG, topics=_topics("do.retag", value, taxonomy) if value else ())
    if not isinstance(value, dict) or not value or not value.keys() <= {"add", "remove"}:
        raise _Fault("do.retag", "is a list of topics, or add and remove with lists of them")
    lists = {key: _topics(f"do.retag.{key}", names, taxonomy) for key, names in value.items()}
    return Action(kind=RETAG, add=lists.get("add", ()), remove=lists.get("remove", ()))


def _topics(at: str, value: Any, taxonomy: Taxonomy) -> tuple[str, ...]:
    names = _texts(at, value)
    for name in names:
        if name not in taxonomy:
            raise _Fault(at, f"the taxonomy has no topic {name!r}")
    return names
