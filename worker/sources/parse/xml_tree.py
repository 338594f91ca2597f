"""Bytes to an XML tree, safely, whatever the bytes are.

Two walls stand against hostile documents. The document type declaration is cut off before the parser sees
it (:func:`worker.sources.parse.xml_mend.without_doctype`), so there are no entities, DTDs or stylesheets to follow;
and libxml2 itself runs with entities, DTD and network off and with its own limits on (256 levels, 10 MB a
text). XInclude is never processed.
"""

from __future__ import annotations

import re
from io import BytesIO
from typing import Final

from lxml import etree
from lxml.etree import _Element
from msgspec import Struct

from storyfold.errors import SourceError
from worker.sources.parse.xml_balance import balance
from worker.sources.parse.xml_budget import MAX_MARKS, within_budget
from worker.sources.parse.xml_mend import may_be_markup, mend, without_doctype, without_surrogates

__all__ = ["XmlTree", "parse_xml"]


_CONTENT: Final = re.compile(rb"[^ \t\r\n\0]")
_EARLY_SPACE: Final = re.compile(rb"\s++(?=<\?xml\s)")


class XmlTree(Struct, frozen=True, kw_only=True):
    """A document as a tree.

    Attributes:
        root: the root element; comments and processing instructions are left out.
        text: the UTF-8 that the tree was read from.
        ill_formed: the document is no well-formed XML.
        fault: the first complaint, "" when there is none.
        torn: tags were still missing or wrong after mending, so that elements may stand in the wrong place.
        limit: ``too-deep`` or ``too-large`` when a limit of the parser ended the tree early, or the budget of
            :mod:`worker.sources.parse.xml_budget` did, else "".
    """

    root: _Element
    text: bytes
    ill_formed: bool
    fault: str
    torn: bool = False
    limit: str = ""


def _parser() -> etree.XMLParser:
    return etree.XMLParser(
        encoding="utf-8",
        recover=True,
        resolve_entities=False,
        load_dtd=False,
        no_network=True,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
        collect_ids=False,  # nothing here looks up elements by id
    )


def _limit_name(message: str) -> str:
    return "too-deep" if "depth" in message else "too-large"


class _Attempt(Struct, frozen=True):
    """Root, first complaint, the name of the limit that ended the parse, and whether tags did not match."""

    root: _Element | None
    fault: str = ""
    limit: str = ""
    mismatch: bool = False


def _attempt(text: bytes, *, is_cut: bool) -> _Attempt:
    parser = _parser()
    try:
        root: _Element | None = etree.parse(BytesIO(text), parser).getroot()  # a string would be copied first
    except etree.XMLSyntaxError as error:
        return _Attempt(None, str(error.msg))
    # That a document which we cut has no end is no fault of its own.
    log = [entry for entry in parser.error_log if not (is_cut and entry.type_name == "ERR_TAG_NOT_FINISHED")]
    if not log:
        return _Attempt(root)
    limit = next((entry for entry in log if entry.type_name == "ERR_RESOURCE_LIMIT"), None)
    first = limit or log[0]
    message = " ".join(first.message.split())[:200]
    return _Attempt(
        root,
        f"line {first.line}: {message}",
        _limit_name(message) if limit else "",
        any(entry.type_name == "ERR_TAG_NAME_MISMATCH" for entry in log),
    )


def parse_xml(utf8: bytes, *, max_marks: int = MAX_MARKS) -> XmlTree:
    """Parse a document; one that is not well-formed is mended and read as far as it goes.

    Args:
        utf8: the document as :func:`worker.sources.parse.encoding.decode` gives it; an encoding that its
            declaration names is not looked at.
        max_marks: the budget; a document over it is cut, and its ``limit`` is ``too-large``.

    Raises:
        SourceError: ``empty``; ``too-deep`` or ``too-large`` when a limit of the parser left nothing to read;
            ``ill-formed`` when there is no element at all.
    """
    text, is_cut = within_budget(without_doctype(utf8), max_marks)
    if _CONTENT.search(text) is None:
        raise SourceError("empty", "the document has no content")
    early = _EARLY_SPACE.match(text)
    if early:
        text = text[early.end() :]  # the most common fault of real feeds: one parse is enough for it
    attempt = _attempt(text, is_cut=is_cut)
    fault = attempt.fault or ("white space before the XML declaration" if early else "")
    if attempt.root is None and not may_be_markup(text):
        raise SourceError("ill-formed", f"no XML element could be read: {fault}")
    if attempt.fault and not attempt.limit:
        attempt = _Attempt(None)  # one tree at a time
        text = mend(text)
        attempt = _attempt(text, is_cut=is_cut)
    elif attempt.limit and (kept := without_surrogates(text)) != text:
        attempt = _Attempt(None)
        text = kept
        attempt = _attempt(text, is_cut=is_cut)
    torn = bool(attempt.fault)
    if attempt.mismatch and not attempt.limit:
        attempt = _Attempt(None)
        text = balance(text)
        attempt = _attempt(text, is_cut=is_cut)
    limit = attempt.limit or ("too-large" if is_cut else "")
    if attempt.root is None:
        raise SourceError(limit or "ill-formed", f"no XML element could be read: {fault}")
    return XmlTree(root=attempt.root, text=text, ill_formed=bool(fault), fault=fault, torn=torn, limit=limit)
