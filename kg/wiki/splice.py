"""Put lines into a page's bytes and leave every other byte as it is."""

from __future__ import annotations

from collections.abc import Sequence

from kg.harvest.markdown import parse_tokens
from kg.wiki.page import Page
from kg.wiki.place import Place

_PROBE = "<!-- kg:probe -->"


def replace_lines(page: Page, first: int, end: int, lines: Sequence[str]) -> bytes:
    """Put lines in the place of a page's lines `first` to `end`, half-open; the last keeps its own line end."""
    newline = _newline_at(page, first)
    last = page.lines[end - 1]
    return _spliced(page, page.lines[first].start, last.end, newline.join(lines))


def insert_lines(page: Page, place: Place, lines: Sequence[str]) -> bytes | None:
    """Put lines, as a block of their own, before a page's line.

    Parameters
    ----------
    page : Page
        In UTF-8.
    place : Place
        Where.
    lines : sequence of str
        What.

    Returns
    -------
    bytes or None
        The whole page: the old one with one piece put in. None where the lines would stand inside of something else
        there, such as code that is never closed.
    """
    at_end = place.line >= len(page.lines)
    offset = len(page.text) if at_end else page.lines[place.line].start
    newline = page.newline if at_end else _newline_at(page, max(place.line - 1, 0))
    before, after = page.text[:offset], page.text[offset:]
    previous = page.line_texts[_line_before(page, offset)] if before else ""
    lead = ""
    if before and not before.endswith(("\n", "\r")):
        lead = newline + newline
    elif previous.strip():
        lead = newline
    if after:
        trail = newline if not page.line_texts[place.line].strip() else newline + newline
    else:
        # A page without a final line end stays without.
        trail = newline if not before or before.endswith(("\n", "\r")) else ""
    probe = f"{before}{lead}{_PROBE}{newline}{newline}```mermaid{newline}```{trail}{after}"
    if not _stands_alone(page, probe):
        return None
    return _spliced(page, offset, offset, f"{lead}{newline.join(lines)}{trail}")


def _line_before(page: Page, offset: int) -> int:
    line, column = page.place(offset)
    # `offset` is at a line's start, or behind the last line's text.
    return line - 2 if column == 1 and line > 1 else line - 1


def _newline_at(page: Page, number: int) -> str:
    line = page.lines[min(number, len(page.lines) - 1)]
    return page.text[line.end : line.next] or page.newline


def _spliced(page: Page, start: int, end: int, text: str) -> bytes:
    head, tail = page.byte_offset(start), page.byte_offset(end)
    return page.data[:head] + text.encode("utf-8", "replace") + page.data[tail:]


def _stands_alone(page: Page, probe: str) -> bool:
    """Say whether a probe is a block of its own, and everything around it reads as before."""
    tokens = list(parse_tokens(probe, inline=False).tokens)
    at = next(
        (n for n, t in enumerate(tokens) if t.type == "html_block" and t.level == 0 and t.content.strip() == _PROBE),
        None,
    )
    if at is None or at + 1 >= len(tokens) or tokens[at + 1].type != "fence" or tokens[at + 1].content:
        return False
    del tokens[at : at + 2]
    if page.is_scraped:
        return True  # its lines are read one by one, whatever Markdown makes of them
    read = [(token.type, token.level, token.content) for token in tokens]
    return read == [(token.type, token.level, token.content) for token in page.parsed.tokens]
