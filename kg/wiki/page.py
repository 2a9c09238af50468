"""A page as its bytes, its lines, its tokens and its record: read once, looked at by every rule.

Lines end where CommonMark says they do (LF, CR, CRLF); columns and offsets count Unicode code points of the text
without its byte order mark, and `Page.byte_offset` leads back to the bytes.
"""

from __future__ import annotations

import codecs
import hashlib
import re
from collections.abc import Iterator
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import Final, NamedTuple

from markdown_it.token import Token

from kg.harvest.files import FileReading, InputFile, decode_text
from kg.harvest.managed import ManagedLines, managed_blocks
from kg.harvest.markdown import Tokens, parse_inline, parse_tokens, plain_text, slugify_heading
from kg.harvest.scraped import SCRAPED_ID, is_heading, read_scraped_bytes
from kg.harvest.slugs import page_slug
from kg.harvest.wiki import PageName, read_name, read_page
from kg.model import Problem, Source, WikiPageRecord
from kg.wiki.markers import State, digest, parse_marker

_LINE_END: Final = re.compile(r"\r\n|\r|\n")
#: Lines of a page's text, that no diagram has: in a fence they say that it was never closed where it should have been.
_NO_DIAGRAM: Final = re.compile(r"^ {0,3}(?:#{1,6}[ \t]|```|~~~|<!--)", re.MULTILINE)


class Line(NamedTuple):
    """A line: where it starts, where its text ends, and where the next one starts."""

    start: int
    end: int
    next: int


class Heading(NamedTuple):
    """A heading that stands in no list or quote. `line` counts from 0."""

    line: int
    level: int
    text: str
    slug: str


class OwnDiagram(NamedTuple):
    """A Mermaid block that the page has of its own.

    `first` and `end` are its lines, from 0, half-open, with its fences; `content` is the line on which its text starts.
    Only one that is `movable`, a fence in no list or quote, can be replaced, and only one that `is_closed`: else it
    reaches to the page's end, or to the next fence, and holds the page's text. `is_managed`: kg wrote it, and somebody
    has changed it.
    """

    text: str
    first: int
    end: int
    content: int
    movable: bool
    is_closed: bool = True
    is_managed: bool = False


class Page:
    """One page of a wiki, from its bytes.

    Parameters
    ----------
    path : Path
        Where it was read.
    relative : str
        Its path below the wiki's root, with '/'.
    data : bytes
        The file.
    with_inline : bool, default True
        Parse what stands within blocks, too: rules look at it, and updates don't.
    """

    def __init__(self, path: Path, relative: str, data: bytes, *, with_inline: bool = True) -> None:
        self._with_inline = with_inline
        self.path = path
        self.relative = relative
        self.data = data
        self.text, self.complaint = decode_text(data)

    @cached_property
    def sha256(self) -> str:
        """Hash of the file's bytes."""
        return hashlib.sha256(self.data).hexdigest()

    @property
    def is_utf8(self) -> bool:
        """Say whether the page's bytes are UTF-8, with or without a mark: no other page is written to."""
        return self.complaint is None

    @property
    def has_bom(self) -> bool:
        """Say whether the page starts with UTF-8's byte order mark."""
        return self.data.startswith(codecs.BOM_UTF8)

    @cached_property
    def is_scraped(self) -> bool:
        """Say whether the page is scraped text, in which headings are bare lines."""
        head = " ".join(self.text[:4000].splitlines()[:6])
        return SCRAPED_ID.search(head) is not None and not self.text.startswith("---")

    @cached_property
    def lines(self) -> tuple[Line, ...]:
        """The page's lines; after a final line end there is an empty one more."""
        lines: list[Line] = []
        start = 0
        for match in _LINE_END.finditer(self.text):
            lines.append(Line(start, match.start(), match.end()))
            start = match.end()
        return (*lines, Line(start, len(self.text), len(self.text)))

    @cached_property
    def line_texts(self) -> list[str]:
        """The text of each line."""
        return [self.text[line.start : line.end] for line in self.lines]

    @cached_property
    def newline(self) -> str:
        """The page's own line end: its first."""
        match = _LINE_END.search(self.text)
        return match[0] if match else "\n"

    @cached_property
    def managed(self) -> tuple[list[ManagedLines], list[int]]:
        """Blocks that kg wrote into the page, and markers without a partner."""
        return managed_blocks(self.line_texts)

    @cached_property
    def own_text(self) -> str:
        """The page's text with blanks for the blocks that kg wrote: as long, so that offsets hold."""
        text = self.text
        for begin, end, _ in self.managed[0]:
            start, stop = self.lines[begin].start, self.lines[end].end
            text = text[:start] + re.sub(r"[^\r\n]", " ", text[start:stop]) + text[stop:]
        return text

    @cached_property
    def parsed(self) -> Tokens:
        """The page in markdown-it's tokens, without the blocks that kg wrote."""
        return parse_tokens(self.text, inline=self._with_inline)

    @cached_property
    def headings(self) -> tuple[Heading, ...]:
        """Headings that stand in no list or quote."""
        if self.is_scraped:
            return tuple(self._scraped_headings())
        tokens = self.parsed.tokens
        found = []
        for token, inline in pairwise(tokens):
            if token.type == "heading_open" and token.level == 0 and token.map:
                text = plain_text(inline) if self._with_inline else self._heading_text(inline)
                found.append(Heading(token.map[0], int(token.tag[1:]), text, slugify_heading(text)))
        return tuple(found)

    def _heading_text(self, inline: Token) -> str:
        # What a bracket means may be defined anywhere on the page.
        whole = "[" in inline.content
        return self._whole_headings[inline.map[0]] if whole and inline.map else parse_inline(inline.content).text

    @cached_property
    def _whole_headings(self) -> dict[int, str]:
        tokens = parse_tokens(self.text).tokens
        pairs = pairwise(tokens)
        return {
            token.map[0]: plain_text(inline) for token, inline in pairs if token.type == "heading_open" and token.map
        }

    def _scraped_headings(self) -> list[Heading]:
        hidden = {at for block in self.managed[0] for at in range(block.begin, block.end + 1)}
        found = []
        for number, line in enumerate(self.line_texts):
            text = line.strip()
            if number not in hidden and text and SCRAPED_ID.search(text) is None and is_heading(text):
                found.append(Heading(number, 2, text, slugify_heading(text)))
        return found

    @cached_property
    def diagrams(self) -> tuple[OwnDiagram, ...]:
        """Mermaid blocks of the page's own, in order, and those of a managed block that somebody has made their own."""
        tokens = self.parsed.tokens
        # Where the page's last fence is never closed, an earlier one may have been closed by a fence that was to open.
        fences = [token for token in tokens if token.type == "fence" and token.level == 0]
        all_closed = not fences or self._is_closed(fences[-1])
        found = []
        for token in tokens:
            if token.type == "fence" and is_mermaid(token) and token.map:
                first, end = token.map
                movable = token.level == 0 and not self.is_scraped
                is_closed = token.level > 0 or (
                    all_closed and self._is_closed(token) and _NO_DIAGRAM.search(token.content) is None
                )
                found.append(OwnDiagram(token.content, first, end, first + 1, movable, is_closed))
            elif token.type == "html_block" and token.map:
                first, end = token.map
                found += [OwnDiagram(text, first, end, first, movable=False) for text in html_diagrams(token)]
        return tuple(sorted([*found, *self._edited_diagrams()], key=lambda own: own.first))

    def _is_closed(self, fence: Token) -> bool:
        """Say whether a fence outside of lists and quotes has a line that closes it."""
        assert fence.map is not None
        first, end = fence.map
        last = self.line_texts[end - 1].strip(" \t")
        # A fence is closed by at least as many of its signs, alone on their line.
        return end - first > 1 and last.startswith(fence.markup) and not last.strip(fence.markup[0])

    def _edited_diagrams(self) -> Iterator[OwnDiagram]:
        """Give the diagrams of managed blocks that are no longer as kg wrote them: nobody has parsed those."""
        for begin, end, attributes in self.managed[0]:
            inner = self.line_texts[begin + 1 : end]
            marker = parse_marker(attributes)
            if marker and marker.state is not State.ADOPTED and digest(inner) == marker.sha256:
                continue
            for token in parse_tokens("\n".join(inner), inline=False).tokens:
                if token.type == "fence" and is_mermaid(token) and token.map:
                    first, behind = (begin + 1 + line for line in token.map)
                    yield OwnDiagram(token.content, first, behind, first + 1, movable=False, is_managed=True)

    @cached_property
    def _harvested(self) -> tuple[WikiPageRecord | None, list[Problem]]:
        reading = FileReading(InputFile(Source.WIKI, self.path, self.relative), self.sha256, len(self.data))
        if self.is_scraped:
            items = read_scraped_bytes(reading, self.data)
        else:
            items = read_page(self.text, reading, slug=page_slug(self.relative), complaint=self.complaint)
        record, problems = None, []
        for item in items:
            if isinstance(item, Problem):
                problems.append(item)
            elif isinstance(item, WikiPageRecord):
                record = item
        return record, problems

    @cached_property
    def name(self) -> PageName | None:
        """What the page is called, or None where nothing can be read of it."""
        if not self.is_scraped and (name := read_name(self.text, slug=page_slug(self.relative))):
            return name
        return PageName(self.record.slug, self.record.title) if self.record else None

    @property
    def record(self) -> WikiPageRecord | None:
        """The page as it is harvested, or None where nothing can be read of it."""
        return self._harvested[0]

    @property
    def problems(self) -> list[Problem]:
        """What harvesting complains of."""
        return self._harvested[1]

    @cached_property
    def front_end(self) -> int:
        """Number of the lines that the front matter has, with its fences."""
        front = next((token for token in self.parsed.tokens if token.type == "front_matter"), None)
        return min(front.map[1], len(self.lines) - 1) if front is not None and front.map else 0

    def front_lines(self, field: str) -> tuple[int, int] | None:
        """Give the lines, from 0 and half-open, of a field of the front matter; None where it has none."""
        begun = re.compile(rf"[\"']?{re.escape(field)}[\"']?[ \t]*:")
        texts = self.line_texts[: self.front_end]
        first = next((number for number, text in enumerate(texts) if begun.match(text)), None)
        if first is None:
            return None
        # A list's dashes, and a closing bracket, may stand as far left as the field.
        later = range(first + 1, self.front_end)
        return first, next((n for n in later if texts[n][:1].strip() and texts[n][0] not in "-#}])"), self.front_end)

    def place(self, offset: int) -> tuple[int, int]:
        """Give line and column of an offset, both from 1."""
        low, high = 0, len(self.lines) - 1
        while low < high:
            middle = (low + high + 1) // 2
            low, high = (middle, high) if self.lines[middle].start <= offset else (low, middle - 1)
        return low + 1, offset - self.lines[low].start + 1

    def byte_offset(self, offset: int) -> int:
        """Give where an offset of the text is in the file's bytes; of pages in UTF-8 alone."""
        mark = len(codecs.BOM_UTF8) if self.has_bom else 0
        return mark + len(self.text[:offset].encode())


def is_mermaid(token: Token) -> bool:
    """Say whether a fence holds Mermaid."""
    return token.info.strip().lower().startswith("mermaid")


def html_diagrams(token: Token) -> list[str]:
    """Give the Mermaid texts in a block of HTML."""
    if "mermaid" not in token.content:
        return []
    from kg.harvest.html_in_markdown import mermaid_in_html  # late: few pages have any

    return mermaid_in_html(token.content)
