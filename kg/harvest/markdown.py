"""Markdown into blocks of plain text, through markdown-it-py.

What a block means to the wiki (its section, whether it repeats another) is left to ``kg.harvest.wiki``.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from enum import StrEnum
from functools import cache, lru_cache
from typing import Any, Final, NamedTuple

from markdown_it import MarkdownIt
from markdown_it.token import Token
from mdit_py_plugins.front_matter import front_matter_plugin

from kg.harvest._inline import Rich, add_inline_rules, join_rich, render_inline
from kg.harvest.html_in_markdown import drop, html_to_markdown, parse_html, take_mermaid, take_texts
from kg.harvest.managed import without_managed

_FOOTNOTE_DEFINITION: Final = re.compile(r"^ {0,3}\[\^([^\s\[\]]+)\]:[ \t]*(.*)$")
_FENCE: Final = re.compile(r"^ {0,3}(```+|~~~+)")
_ROW_TAIL: Final = re.compile(r"\|[ \t]*((?:\[(?:@|\^)[^\]\n]+\][ \t]*)+)$")
_TABLE_OPEN: Final = re.compile(r"<(table|div)\b[^>\n]*>", re.IGNORECASE)
_INFOBOX_HEADINGS: Final = frozenset({"infobox", "at-a-glance", "quick-facts", "key-facts", "summary-table"})
_FIELD_HEADERS: Final = frozenset({"", "property", "field", "attribute", "key", "feature", "parameter"})
#: Headings, as slugs, below which a page's bibliography stands.
REFERENCE_HEADINGS: Final = frozenset(
    {"references", "reference", "bibliography", "literature", "citations", "sources", "footnotes", "notes"}
)


class Kind(StrEnum):
    """What a block is."""

    TEXT = "text"
    ROW = "row"
    CAPTION = "caption"
    INFOBOX = "infobox"
    REFERENCE = "reference"


class Block(NamedTuple):
    """A paragraph, list item, table row or caption."""

    kind: Kind
    heading: str
    rich: Rich
    line: int
    name: str = ""  # of an infobox's row
    addresses: tuple[str, ...] = ()  # where a reference's links point


class Diagram(NamedTuple):
    """A Mermaid block."""

    text: str
    line: int


class Document(NamedTuple):
    """A page's blocks, in order, and what stands outside of them."""

    front_matter: str | None
    title: str | None
    blocks: tuple[Block, ...]
    diagrams: tuple[Diagram, ...]
    footnotes: tuple[tuple[str, str], ...]


class Tokens(NamedTuple):
    """A page as markdown-it's tokens, and its footnote definitions, which CommonMark doesn't know."""

    tokens: tuple[Token, ...]
    footnotes: tuple[tuple[str, str], ...]


@cache
def _parser(*, inline: bool) -> MarkdownIt:
    md = MarkdownIt("commonmark", {"html": True, "maxNesting": 40}).enable(["table", "strikethrough"])
    # Indented code is never meant on these pages: scraped lists and templates indent by four.
    md.disable("code")
    front_matter_plugin(md)
    if inline:
        add_inline_rules(md)
    else:
        md.core.ruler.disable("inline")
    return md


def slugify_heading(text: str) -> str:
    """Give the address of a heading.

    Examples
    --------
    >>> slugify_heading("Relevance to α-Synuclein & Tau"), slugify_heading("—")
    ('relevance-to-synuclein-tau', 'section')
    """
    folded = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", folded).strip("-") or "section"


def parse_inline(text: str, *, source: str | None = None) -> Rich:
    """Turn one line of Markdown into plain text with its marks and links."""
    tokens = _parser(inline=True).parseInline(text)
    return render_inline(tokens[0].children or [], source=source) if tokens else Rich("")


def plain_text(token: Token) -> str:
    """Give the text of an ``inline`` token, without its markup."""
    return render_inline(token.children or []).text


def parse_markdown(text: str, *, source: str | None = None) -> Document:
    """Take a page apart.

    Parameters
    ----------
    text : str
        The page.
    source : str, optional
        Its slug, for relative links.

    Returns
    -------
    Document
        Every block has its line in the text; code blocks other than Mermaid's are left out.
    """
    parsed = parse_tokens(text)
    walker = _Walker(source)
    walker.walk(parsed.tokens)
    blocks = list(walker.blocks)
    return Document(
        front_matter=walker.front_matter,
        title=walker.title,
        blocks=tuple(blocks),
        diagrams=tuple(walker.diagrams),
        footnotes=parsed.footnotes,
    )


@lru_cache(maxsize=4)
def parse_tokens(text: str, *, inline: bool = True) -> Tokens:
    """Parse a page and leave it in tokens, for those who need to know where things stand.

    Several look at the same page one after the other: the last few are kept.

    Parameters
    ----------
    text : str
        The page.
    inline : bool, default True
        Parse what stands within blocks, too.

    Returns
    -------
    Tokens
        Blocks that kg wrote into the page are not among them.
    """
    prepared, footnotes = _prepare(text.replace("\r\n", "\n").replace("\r", "\n"))
    return Tokens(tuple(_parser(inline=inline).parse(prepared)), tuple(footnotes))


def _prepare(text: str) -> tuple[str, list[tuple[str, str]]]:
    """Take footnote definitions out and mend what CommonMark would lose; every line keeps its number."""
    lines, footnotes = without_managed(text.split("\n")), []
    fence: str | None = None
    definition: list[str] | None = None
    for index, line in enumerate(lines):
        match = _FENCE.match(line)
        if fence is not None:
            if match and match[1].startswith(fence):
                fence = None
            continue
        if match:
            fence, definition = match[1], None
            continue
        if found := _FOOTNOTE_DEFINITION.match(line):
            definition = [found[2]]
            footnotes.append((found[1], definition))
            lines[index] = ""
        elif definition is not None and line.startswith(("    ", "\t")):
            definition.append(line.strip())
            lines[index] = ""
        elif line.strip() or definition is None:
            definition = None
            if line.lstrip().startswith("|"):
                # GFM drops what stands behind the last cell, and there the wiki cites.
                lines[index] = _ROW_TAIL.sub(r"\1|", line)
    _close_html_blocks(lines)
    return "\n".join(lines), [(key, " ".join(parts).strip()) for key, parts in footnotes]


def _close_html_blocks(lines: list[str]) -> None:
    """Fill the blank lines inside an HTML table: at a blank line CommonMark ends the block."""
    index = 0
    while index < len(lines):
        match = _TABLE_OPEN.search(lines[index])
        if not match or (match[1].lower() == "div" and "infobox" not in match[0].lower()):
            index += 1
            continue
        closing = f"</{match[1].lower()}>"
        end = next((at for at in range(index, min(index + 500, len(lines))) if closing in lines[at].lower()), None)
        if end is not None:
            for at in range(index + 1, end):
                if not lines[at].strip():
                    lines[at] = "<!-- -->"
            index = end
        index += 1


class _Walker:
    """Goes through the tokens of a page and collects its blocks."""

    def __init__(self, source: str | None) -> None:
        self._source = source
        self._heading = "lead"
        self._level = 0
        self._tables = 0
        self.front_matter: str | None = None
        self.title: str | None = None
        self.blocks: list[Block] = []
        self.diagrams: list[Diagram] = []

    def walk(self, tokens: Sequence[Token]) -> None:
        position = 0
        while position < len(tokens):
            token = tokens[position]
            line = (token.map[0] if token.map else 0) + 1
            if token.type == "front_matter":
                self.front_matter = token.content
            elif token.type == "heading_open":
                self._start_section(render_inline(tokens[position + 1].children or []).text, int(token.tag[1:]))
                position += 2
            elif token.type == "table_open":
                end = next(at for at in range(position, len(tokens)) if tokens[at].type == "table_close")
                self._table(tokens[position : end + 1])
                position = end
            elif token.type == "inline":
                self._paragraph(token, line)
            elif token.type == "fence" and token.info.strip().lower().startswith("mermaid"):
                self.diagrams.append(Diagram(token.content, line))
            elif token.type == "html_block":
                self._html(token.content, line)
            position += 1

    def _start_section(self, text: str, level: int) -> None:
        if level == 1 and self.title is None and text:
            self.title = text
            return
        self._heading, self._level = slugify_heading(text), level

    def _add(self, kind: Kind, rich: Rich, line: int, *, name: str = "", addresses: tuple[str, ...] = ()) -> None:
        if rich.text:
            self.blocks.append(Block(kind, self._heading, rich, line, name, addresses))
        elif rich.marks and self.blocks and self.blocks[-1].heading == self._heading and kind is not Kind.REFERENCE:
            # A citation in a paragraph of its own supports what stands before it.
            last = self.blocks[-1]
            end = len(last.rich.text)
            self.blocks[-1] = last._replace(
                rich=last.rich._replace(
                    marks=(
                        *last.rich.marks,
                        *(mark.model_copy(update={"offset": end}) for mark in rich.marks),
                    )
                )
            )

    def _paragraph(self, token: Token, line: int) -> None:
        children = token.children or []
        rich = render_inline(children, source=self._source)
        if self._heading in REFERENCE_HEADINGS:
            addresses = tuple(str(child.attrGet("href") or "") for child in children if child.type == "link_open")
            self._add(Kind.REFERENCE, rich, line, addresses=addresses)
            return
        shown = [
            child
            for child in children
            if (child.type not in {"softbreak", "hardbreak"} and child.content.strip()) or child.type == "image"
        ]
        kind = Kind.CAPTION if shown and all(child.type == "image" for child in shown) else Kind.TEXT
        self._add(kind, rich, line)

    def _table(self, tokens: Sequence[Token]) -> None:
        rows: list[tuple[bool, int, list[Rich]]] = []
        for token in tokens:
            if token.type == "tr_open":
                rows.append((False, (token.map[0] if token.map else 0) + 1, []))
            elif token.type == "th_open" and rows:
                rows[-1] = (True, *rows[-1][1:])
            elif token.type == "inline" and rows:
                rows[-1][2].append(render_inline(token.children or [], source=self._source))
        self._rows(rows, is_infobox=False)

    def _rows(self, rows: list[tuple[bool, int, list[Rich]]], *, is_infobox: bool) -> None:
        self._tables += 1
        headers = [cells[0].text.lower() for is_header, _, cells in rows if is_header and cells]
        wide = max((len(cells) for _, _, cells in rows), default=0)
        if not is_infobox and wide == 2 and self._heading not in REFERENCE_HEADINGS:
            leads = self._tables == 1 and self._level <= 1
            is_infobox = self._heading in _INFOBOX_HEADINGS or (leads and set(headers) <= _FIELD_HEADERS)
        for is_header, line, cells in rows:
            if is_infobox:
                # A row of one cell is the box's title or a picture.
                if len(cells) >= 2 and cells[0].text and not (is_header and cells[0].text.lower() in _FIELD_HEADERS):
                    self._add(Kind.INFOBOX, join_rich(cells[1:], "; "), line, name=cells[0].text)
            elif not is_header:
                filled = [cell for cell in cells if cell.text or cell.marks]
                self._add(Kind.ROW, join_rich(filled, " | "), line)

    def _html(self, content: str, line: int) -> None:
        root = parse_html(content)
        if root is None:
            return
        self.diagrams += [Diagram(text, line) for text in take_mermaid(root)]
        for table in list(root.iter("table")):
            if any(parent.tag == "table" for parent in table.iterancestors()):
                continue
            rows = [
                (False, line + max((row.sourceline or 1) - 1, 0), _cells(row, self._source)) for row in table.iter("tr")
            ]
            names = " ".join(node.get("class") or "" for node in (table, *table.iterancestors()))
            self._rows([row for row in rows if row[2]], is_infobox="infobox" in names.lower())
            drop(table)
        for text in take_texts(root):
            self._add(Kind.TEXT, parse_inline(text, source=self._source), line)


def _cells(row: Any, source: str | None) -> list[Rich]:
    cells = [cell for cell in row if cell.tag in {"td", "th"}]
    return [parse_inline(" ".join(html_to_markdown(cell).split()), source=source) for cell in cells]
