"""The text of an element: plain, HTML in a string, or XHTML as markup.

Sources: RFC 4287 section 3.1 (text constructs) and 4.1.3 (content), Atom 0.3 section 3.1 (``mode``).
"""

from __future__ import annotations

import base64
import binascii
import re
from typing import Final
from urllib.parse import urljoin, urlsplit

from lxml import etree
from lxml.etree import _Element

from worker.sources.parse.xml_names import XML_BASE, local_name

__all__ = ["attribute", "base_of", "construct", "inner_html", "is_http_address", "is_name", "join", "plain"]

_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")
_TEXT_TYPES: Final = frozenset(("", "text", "text/plain"))
_HTML_TYPES: Final = frozenset(("html", "text/html"))


def is_name(name: str) -> bool:
    """Whether an element may be called so. Recovery from ill-formed markup can leave names that are none."""
    return _NAME.fullmatch(name) is not None


def plain(element: _Element) -> str:
    """Character data without the white space around it; of child elements, their characters."""
    if len(element):
        return "".join(map(str, element.itertext())).strip()
    return (element.text or "").strip()


def attribute(element: _Element, name: str) -> str:
    """An attribute's value without white space around it, "" when absent."""
    return (element.get(name) or "").strip()


def inner_html(element: _Element) -> str:
    """What is inside an element, as HTML: its character data when that is all, else the serialized children.

    Takes the children out of the element.
    """
    if not len(element):
        return (element.text or "").strip()
    for inside in element.iterdescendants("*"):
        name = local_name(inside.tag)
        inside.tag = name if is_name(name) else "span"
    only = element[0]
    if len(element) == 1 and only.tag == "div" and not ((element.text or "") + (only.tail or "")).strip():
        element = only  # RFC 4287 section 3.1.1.3: the div itself is no part of the content
    # In a tree of their own, the children are written without the namespaces of the feed.
    holder = etree.Element("div")
    holder.text = element.text
    holder.extend(list(element))
    etree.cleanup_namespaces(holder)
    written: str = etree.tostring(holder, method="html", encoding="unicode", with_tail=False)
    return written.removeprefix("<div>").removesuffix("</div>").strip()


def _from_base64(text: str) -> str:
    try:
        return base64.b64decode(text, validate=False).decode("utf-8").strip()
    except (binascii.Error, ValueError):
        return ""


def construct(element: _Element) -> tuple[str, bool]:
    """An Atom text construct or content: the text, and whether it is HTML.

    Content of a type that is neither text nor markup (an image in base64, say) is "".
    """
    kind = attribute(element, "type").lower()
    if attribute(element, "mode").lower() == "base64":
        return _from_base64(element.text or ""), kind in _HTML_TYPES
    if len(element):
        return inner_html(element), True
    text = (element.text or "").strip()
    if kind in _HTML_TYPES:
        return text, True
    # xhtml without an element inside is text that someone called xhtml
    if kind in _TEXT_TYPES or kind == "xhtml" or kind.startswith("text/") or kind.endswith(("+xml", "/xml")):
        return text, False
    return "", False


def is_http_address(text: str) -> bool:
    """Whether the text looks like an absolute http or https URL."""
    return text[:8].lower().startswith(("http://", "https://")) and len(text.split(None, 1)) == 1


def join(base: str, reference: str) -> str:
    """Resolve a reference (RFC 3986 section 5); what cannot be resolved leaves the base as it is."""
    if not reference:
        return base
    try:
        joined = urljoin(base, reference)
        return joined if urlsplit(joined).scheme else base
    except ValueError:
        return base


def base_of(element: _Element, outer: str) -> str:
    """The base URL inside an element: its own ``xml:base``, resolved against that of the outer one."""
    own = element.get(XML_BASE)
    return join(outer, own.strip()) if own else outer
