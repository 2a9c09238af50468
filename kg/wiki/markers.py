"""The managed block: its two markers, what they say, and how an edit by hand is told.

The first marker holds two hashes. ``sha256`` is of the lines between the markers, whatever their line ends: where it
doesn't fit, somebody has edited the block. ``content`` is of what was drawn, without the build's name: where a new
build would draw the same, the block keeps its bytes.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from enum import StrEnum
from typing import Final, NamedTuple
from urllib.parse import quote, unquote

END_MARKER: Final = "<!-- kg:diagram end -->"
#: Heading that a block brings along where the page has none for it.
HEADING: Final = "Pathway Diagram"
_PAIR: Final = re.compile(r"([a-z0-9]+)=([^\s<>]+)")
_DIGEST: Final = re.compile(r"[0-9a-f]{24}")
_NOTICE: Final = re.compile(r"^> This diagram is out of date: ")


class State(StrEnum):
    """What the block is to kg."""

    CURRENT = "current"  # as the build named in it draws it
    STALE = "stale"  # its subject has left the graph, or the page
    ADOPTED = "adopted"  # somebody's own version, which is kept


class Marker(NamedTuple):
    """What a block's first marker says."""

    subject: str
    build: str
    content: str
    sha256: str
    state: State = State.CURRENT


def digest(lines: Sequence[str]) -> str:
    r"""Hash the lines between the markers, whatever their line ends.

    Examples
    --------
    >>> digest(["a", "b"]) == digest("a\r\nb".split("\r\n"))
    True
    """
    return hashlib.sha256("\n".join(lines).encode("utf-8", "surrogatepass")).hexdigest()[:24]


def format_marker(marker: Marker) -> str:
    """Write a first marker.

    Examples
    --------
    >>> format_marker(Marker("wiki:datasets/x", "4c09aa", "0" * 24, "1" * 24))[:62]
    '<!-- kg:diagram subject=wiki:datasets/x build=4c09aa content=0'
    """
    # Percent-encoded, '-' too where it is doubled: nothing in a subject can end the comment.
    subject = quote(marker.subject, safe=":/._-", errors="replace").replace("--", "%2D%2D")
    build = re.sub(r"[^0-9A-Za-z._]", "", marker.build) or "none"
    return (
        f"<!-- kg:diagram subject={subject} build={build} content={marker.content} "
        f"sha256={marker.sha256} state={marker.state} -->"
    )


def parse_marker(attributes: str) -> Marker | None:
    """Read what a first marker says, or give None where somebody has changed it beyond reading."""
    pairs = _PAIR.findall(attributes)
    found = dict(pairs)
    if len(found) != len(pairs) or set(found) != set(Marker._fields):
        return None
    if not all(_DIGEST.fullmatch(found[name]) for name in ("content", "sha256")) or found["state"] not in set(State):
        return None
    return Marker(unquote(found["subject"]), found["build"], found["content"], found["sha256"], State(found["state"]))


def write_block(subject: str, build: str, content: str, inner: Sequence[str], state: State) -> list[str]:
    """Give the lines of a block, markers and all."""
    return [format_marker(Marker(subject, build, content, digest(inner), state)), *inner, END_MARKER]


def diagram_lines(markdown: str, heading: str | None) -> list[str]:
    """Give the lines between the markers: a heading of their own if the page has none, then the diagram."""
    # A quote may hold a character that other readers take for a line's end; Markdown takes none but these.
    body = re.split(r"\r\n|\r|\n", markdown.rstrip("\n"))
    return [*([heading, ""] if heading else []), *body, ""]


def own_heading(inner: Sequence[str]) -> str | None:
    """Give the heading that a block brought along, or None."""
    return inner[0] if inner and re.fullmatch(rf"(?:#{{1,6}} )?{HEADING}", inner[0]) else None


def stale_lines(inner: Sequence[str], subject: str, build: str, *, left_page: bool = False) -> list[str]:
    """Give the lines of a block with a notice that its subject has left the graph, or the page (`left_page`)."""
    heading = own_heading(inner)
    body = list(inner[2:] if heading else inner)
    if body and _NOTICE.match(body[0]):
        body = body[2:]
    shown = "".join(c for c in subject if c.isalnum() or c in ":/._-")
    name = re.sub(r"[^0-9A-Za-z._]", "", build)
    why = (
        "this page isn't about its subject any more"
        if left_page
        else f"build {name} has nothing to draw of its subject"
    )
    notice = f"> This diagram is out of date: {why}, `{shown}`."
    return [*([heading, ""] if heading else []), notice, "", *body]
