"""Markdown's inline tokens into plain text, with citations and links as spans of it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from markdown_it import MarkdownIt
from markdown_it.rules_inline import StateInline, link
from markdown_it.token import Token

from kg.harvest.html_in_markdown import html_address
from kg.harvest.identifiers import find_cited_works, work_of_link
from kg.harvest.slugs import link_target, page_id, page_slug
from kg.model import CitationMark, PageLink

_CITATION: Final = re.compile(r"\[\s*(-?@[^\s\[\];,]+(?:\s*[;,]\s*-?@[^\s\[\];,]+)*)(?:,[^\]\n@]*)?\s*\]")
_CUT_CITATION: Final = re.compile(r"\[(@[\w-]+)(?=\s|$)")
_FOOTNOTE: Final = re.compile(r"\[\^([^\s\[\]]+)\]")
_CUT_FOOTNOTE: Final = re.compile(r"\[\^(\w+)(?=[.,;]|\s|$)")
_WIKILINK: Final = re.compile(r"\[\[([^\[\]|\n]+)(?:\|([^\[\]\n]+))?\]\]")
_LINK_TAIL: Final = re.compile(r"\]\(([^()\s]*)\)")
_HIDDEN: Final = re.compile(r"^<(script|style|template)\b", re.IGNORECASE)
_BREAK: Final = re.compile(r"^</?(?:br|p|div|li|tr|td|th|hr)\b", re.IGNORECASE)


class Rich(NamedTuple):
    """Plain text with what was marked in it; offsets count its code points."""

    text: str
    marks: tuple[CitationMark, ...] = ()
    links: tuple[PageLink, ...] = ()

    def shifted(self, by: int) -> Rich:
        """Give it with every offset moved, for joining it behind other text."""
        return Rich(
            self.text,
            tuple(CitationMark(offset=mark.offset + by, key=mark.key) for mark in self.marks),
            tuple(PageLink(start=link.start + by, end=link.end + by, target=link.target) for link in self.links),
        )


def join_rich(parts: Iterable[Rich], separator: str) -> Rich:
    """Join texts, keeping their marks and links in place."""
    text = ""
    marks: list[CitationMark] = []
    links: list[PageLink] = []
    for part in parts:
        text += separator if text else ""
        moved = part.shifted(len(text))
        text += part.text
        marks.extend(moved.marks)
        links.extend(moved.links)
    return Rich(text, tuple(marks), tuple(links))


def add_inline_rules(md: MarkdownIt) -> None:
    """Teach a parser the wiki's citations, footnote marks, wikilinks and doubled links.

    Their tokens, and those that open links, have in ``meta["span"]`` where they stand in the inline text.
    """
    md.inline.ruler.before("link", "kg_mark", _mark_rule)
    md.inline.ruler.at("link", _link_rule)


def _link_rule(state: StateInline, silent: bool) -> bool:
    """Parse a link, and keep where it stands: markdown-it gives lines of blocks alone."""
    start, first = state.pos, len(state.tokens)
    found = link(state, silent)
    if found and not silent:
        opening = next(token for token in state.tokens[first:] if token.type == "link_open")
        opening.meta["span"] = (start, state.pos)
    return found


def _mark_rule(state: StateInline, silent: bool) -> bool:
    source, position = state.src, state.pos
    character = source[position]
    if character == "]":
        return _doubled_link(state, silent)
    if character != "[":
        return False
    for kind, pattern in (
        ("cite", _CITATION),
        ("note", _FOOTNOTE),
        ("wikilink", _WIKILINK),
        ("note", _CUT_FOOTNOTE),
        ("cite", _CUT_CITATION),
    ):
        match = pattern.match(source, position, state.posMax)
        if match is None:
            continue
        if not silent:
            token = state.push(f"kg_{kind}", "", 0)
            token.content, token.info = match[1], (match[2] or "") if kind == "wikilink" else ""
            token.meta["span"] = match.span()
        state.pos = match.end()
        return True
    return False


def _doubled_link(state: StateInline, silent: bool) -> bool:
    """Skip the second half of ``[x](/diseases/y)](/diseases/y)``."""
    match = _LINK_TAIL.match(state.src, state.pos, state.posMax)
    if match is None or state.pending or not state.tokens or state.tokens[-1].type != "link_close":
        return False
    opening = next(token for token in reversed(state.tokens) if token.type == "link_open")
    if opening.attrGet("href") != state.md.normalizeLink(match[1]):
        return False
    if not silent:
        state.push("kg_doubled", "", 0).meta["span"] = match.span()
    state.pos = match.end()
    return True


class _Builder:
    """Text that grows, in single spaces, with its marks and links."""

    def __init__(self, source: str | None) -> None:
        self.text = ""
        self.marks: list[CitationMark] = []
        self.links: list[PageLink] = []
        self._source = source
        self._open: list[tuple[int, str]] = []
        self._space_owed = False
        self._hidden: str | None = None

    def append(self, text: str) -> None:
        if self._hidden or not text:
            return
        words = re.sub(r"\s+", " ", text)
        if self._space_owed and (words[0].isalnum() or words[0] in "([“‘\"'"):
            words = f" {words}"
        self._space_owed = False
        if words[0] == " " and (not self.text or self.text.endswith(" ")):
            words = words[1:]
        self.text += words

    def mark(self, key: str) -> None:
        if self._hidden:
            return
        # "in vivo [@nwb] work": the blank before the mark goes with it, unless a word follows it directly.
        stripped = self.text.rstrip()
        if len(stripped) < len(self.text) and not self._open:
            self._space_owed, self.text = True, stripped
        self.marks.append(CitationMark(offset=len(self.text), key=key))

    def open_link(self, address: str) -> None:
        if self._space_owed:
            self._space_owed, self.text = False, f"{self.text} "
        self._open.append((len(self.text), address))

    def close_link(self) -> None:
        if not self._open:
            return
        start, address = self._open.pop()
        end = len(self.text.rstrip())
        target = link_target(address, source=self._source)
        if target and end > start and not self._hidden:
            self.links.append(PageLink(start=start, end=end, target=target))
            if work := work_of_link(address):
                self.marks.append(CitationMark(offset=end, key=work))

    def wikilink(self, raw: str, label: str) -> None:
        slug = page_slug(raw)
        text = label.strip() or (slug or raw).rsplit("/", maxsplit=1)[-1].replace("-", " ")
        self.open_link(f"/{slug}" if slug else raw)
        self.append(text)
        start, _ = self._open.pop()
        if slug and not self._hidden and len(self.text) > start:
            self.links.append(PageLink(start=start, end=len(self.text), target=page_id(slug)))

    def doubled(self) -> None:
        """Drop the lone bracket before a link that was written twice: ``[[x](/y)](/y)``."""
        if not self.links or self.links[-1].start == 0 or self.text[self.links[-1].start - 1] != "[":
            return
        last = self.links[-1]
        self.text = self.text[: last.start - 1] + self.text[last.start :]
        self.links[-1] = PageLink(start=last.start - 1, end=last.end - 1, target=last.target)
        self.marks = [m if m.offset < last.start else CitationMark(offset=m.offset - 1, key=m.key) for m in self.marks]

    def html(self, tag: str) -> None:
        if self._hidden:
            if tag.lower().startswith(f"</{self._hidden}"):
                self._hidden = None
        elif match := _HIDDEN.match(tag):
            self._hidden = match[1].lower()
        elif _BREAK.match(tag):
            self.append(" ")
        elif (address := html_address(tag)) is not None:
            self.open_link(address)
        elif tag.lower() == "</a>":
            self.close_link()

    def finish(self) -> Rich:
        text = self.text.rstrip()
        marks = [CitationMark(offset=min(mark.offset, len(text)), key=mark.key) for mark in self.marks]
        for work in find_cited_works(text):
            before = text[: work.start].rstrip()
            before = before[:-1].rstrip() if before.endswith(("(", "[")) else before
            marks.append(CitationMark(offset=len(before), key=work.key))
        links = [link for link in self.links if link.end <= len(text)]
        return Rich(
            text,
            tuple(dict.fromkeys(sorted(marks, key=lambda mark: mark.offset))),
            tuple(sorted(links, key=lambda link: link.start)),
        )


def render_inline(tokens: Sequence[Token], *, source: str | None = None) -> Rich:
    """Turn inline tokens into plain text.

    Parameters
    ----------
    tokens : sequence of Token
        Children of an ``inline`` token, from a parser with `add_inline_rules`.
    source : str, optional
        Slug of the page, for relative links.

    Returns
    -------
    Rich
        Markup is out; runs of white space are one space. A citation's offset is where it stood, after
        the text that it supports. An identifier of a publication stays in the text and is a citation too,
        as is a link to one: their keys are those of `kg.harvest.identifiers.find_cited_works`.
    """
    builder = _Builder(source)
    for token in tokens:
        kind = token.type
        if kind in {"text", "code_inline", "text_special", "math_inline"}:
            builder.append(token.content)
        elif kind in {"softbreak", "hardbreak"}:
            builder.append(" ")
        elif kind == "kg_cite":
            for key in re.findall(r"@([^\s;,]+)", token.content):
                builder.mark(key.rstrip(".:"))
        elif kind == "kg_note":
            builder.mark(f"^{token.content.rstrip('.,;:')}")
        elif kind == "kg_wikilink":
            builder.wikilink(token.content, token.info)
        elif kind == "kg_doubled":
            builder.doubled()
        elif kind == "link_open":
            builder.open_link(str(token.attrGet("href") or ""))
        elif kind == "link_close":
            builder.close_link()
        elif kind == "image":
            builder.append(token.content)
        elif kind == "html_inline":
            builder.html(token.content)
    return builder.finish()
