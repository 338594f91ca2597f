"""A publisher's own AMP addresses, folded into the page that they are a version of: for comparison only.

``rel=amphtml`` and ``rel=canonical`` say for certain which two addresses are one page. Where neither was read,
the address itself is evidence, in these forms and no others:

| form | example | when |
| --- | --- | --- |
| switch in the query | ``?amp``, ``?amp=1``, ``?outputType=amp``, ``?noamp=mobile`` | always |
| first label of the host | ``amp.example.com`` | always, above a registrable domain |
| last segment of the path | ``/2021/05/30/some-story/amp/`` | the path before it tells an article |
| end of the last segment | ``/some-story-1234567.amp``, ``/story.amp.html`` | the same |
| first segment of the path | ``/amp/politics/four-words-or-more``, ``/google-amp/...`` | the path after it does |

A path tells an article when its last segment has four words or more, a number of five digits, or ends as a file
of HTML, or when a year stands in it as a segment. So ``/tags/amp`` and ``/amp/settings`` stay what they are. A
fold that meets no page of the publisher does no harm: nothing has that key.
"""

from __future__ import annotations

import re

from worker.normalize.tracking import words_of

SWITCHES = words_of("amp amp= amp=0 amp=1 amp=true amp=false outputtype=amp output=amp noamp=mobile noamp=available")
HOST_LABEL = "amp"

_LAST_SEGMENT = re.compile(r"(.+)/(?i:amp)", re.DOTALL)
_FIRST_SEGMENT = re.compile(r"/(?i:(?:google-)?amp)(/.+)", re.DOTALL)

_YEAR = re.compile(r"/(?:19|20)[0-9]{2}/")
_TELLING_SEGMENT = re.compile(r"(?:[^-_]+[-_]+){3}[^-_]|.*[0-9]{5}|.*\.(?:html?|php|aspx?)\Z", re.DOTALL)


def page_path(path: str) -> str:
    """The path of the page whose AMP version lies at `path`, by the table above; `path` itself for any other.

    Args:
        path: of a URL, without a slash at its end.
    """
    if "amp" not in path and "AMP" not in path:
        return path
    for form in (_LAST_SEGMENT, _FIRST_SEGMENT):
        if (match := form.fullmatch(path)) and tells_article(match[1]):
            return match[1]
    return _without_ending(path)


def _without_ending(path: str) -> str:
    stem, ending = (path[:-5], ".html") if path.endswith(".html") else (path, "")
    if not stem.endswith(".amp"):
        return path
    page = stem[: -len(".amp")] + ending
    is_named = bool(page.rpartition("/")[2].strip("."))  # or it would become a dot segment
    return page if is_named and tells_article(page) else path


def tells_article(path: str) -> bool:
    """Whether a path has the looks of an article's; see the rule above."""
    return bool(_TELLING_SEGMENT.match(path.rpartition("/")[2]) or _YEAR.search(path))
