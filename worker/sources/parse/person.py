"""The name of a person, as RSS and Atom write it."""

from __future__ import annotations

import re
from typing import Final

from lxml.etree import _Element

from worker.sources.parse.xml_names import name_of
from worker.sources.parse.xml_text import plain

__all__ = ["person_name", "read_person"]

_NAME_AFTER_MAIL: Final = re.compile(r"\S{1,200}@\S{1,200} \(([^()]{1,200})\)")


def person_name(text: str) -> str:
    """RSS wants ``mail@host (Name)`` for a person: the name, if that is the form; else the text."""
    found = _NAME_AFTER_MAIL.fullmatch(text) if text.endswith(")") else None
    return found.group(1).strip() if found else text


def read_person(element: _Element) -> str:
    """The name in an Atom person construct (RFC 4287 section 3.2), or in the RSS element, which is text.

    A person who has an address and no name is "": addresses are nobody's business to publish.
    """
    if not len(element):
        return person_name(plain(element))
    for child in element:
        if name_of(child) == "name":
            return plain(child)
    return ""
