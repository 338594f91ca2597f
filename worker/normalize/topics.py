"""Topic files: a folder of YAML files, one topic each.

```yaml
name: Programming languages
parent: Software Development
keywords:
  - programming language
  - {text: Go, case: true, weight: 0.5}
hashtags:
  - "#golang"
```

Keys that Storyfold does not know are left alone, but a keyword's are not: a wrong letter there would go unseen.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from storyfold.errors import SettingsError
from worker.normalize.taxonomy import Taxonomy
from worker.normalize.topic import Keyword, Topic
from worker.normalize.topic_words import split_words

MAX_KEYWORD_CHARS = 200
MAX_WEIGHT = 10.0
_KEYWORD_KEYS = frozenset({"text", "weight", "case"})


def load_taxonomy(folder: Path) -> Taxonomy:
    """Read every ``*.yaml`` of a folder, one topic a file, in the order of the file names.

    Raises:
        SettingsError: a file is no topic, or the topics do not fit together.
    """
    return Taxonomy(_read_topic(path) for path in sorted(folder.glob("*.yaml")))


def _read_topic(path: Path) -> Topic:
    try:
        values = yaml.safe_load(path.read_text(encoding="utf-8-sig"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path}: no YAML: {' '.join(str(error).split())}") from error
    if not isinstance(values, dict) or not isinstance(values.get("name"), str) or not values["name"].strip():
        raise SettingsError(f"{path}: a topic needs a name, which is a text")
    parent = values.get("parent") or ""
    if not isinstance(parent, str):
        raise SettingsError(f"{path}: parent is the name of a topic, which is a text")
    return Topic(
        name=values["name"].strip(),
        parent=parent.strip(),
        keywords=tuple(_keyword(path, value) for value in _list(path, values, "keywords")),
        hashtags=tuple(_hashtag(path, value) for value in _list(path, values, "hashtags")),
    )


def _list(path: Path, values: dict[str, Any], key: str) -> list[Any]:
    listed = values.get(key) or []
    if not isinstance(listed, list):
        raise SettingsError(f"{path}: {key} is a list")
    return listed


def _hashtag(path: Path, value: Any) -> str:
    if not isinstance(value, str):
        raise SettingsError(f"{path}: hashtags: {value!r} is no text; quote what YAML reads as something else")
    return value


def _keyword(path: Path, value: Any) -> str | Keyword:
    if isinstance(value, str):
        return _text(path, value)
    if not isinstance(value, dict):
        raise SettingsError(f"{path}: keywords: {value!r} is no text; quote what YAML reads as something else")
    unknown = [key for key in value if key not in _KEYWORD_KEYS]
    if unknown:
        raise SettingsError(f"{path}: keywords: {unknown[0]!r} is none of text, weight, case")
    weight, case = value.get("weight", 1.0), value.get("case")
    if isinstance(weight, bool) or not isinstance(weight, int | float) or not 0 < weight <= MAX_WEIGHT:
        raise SettingsError(f"{path}: keywords: weight {weight!r} is no number above 0, at most {MAX_WEIGHT:g}")
    if case is not None and not isinstance(case, bool):
        raise SettingsError(f"{path}: keywords: case {case!r} is neither true nor false")
    return Keyword(text=_text(path, value.get("text")), weight=float(weight), case=case)


def _text(path: Path, value: Any) -> str:
    if not isinstance(value, str) or not split_words(value):
        raise SettingsError(f"{path}: keywords: {value!r} is no text with a letter or digit in it")
    if len(value) > MAX_KEYWORD_CHARS:
        raise SettingsError(f"{path}: keywords: {value[:40]!r}... is longer than {MAX_KEYWORD_CHARS} characters")
    return value
