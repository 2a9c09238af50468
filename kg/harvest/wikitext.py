"""MediaWiki's wikitext into Markdown, so that one reader finds a page's passages, citations and links.

mwparserfromhell reads it: wikitext has no grammar that a few expressions could stand for. What templates make up is not
text of the page and is left out, but for infoboxes, citations and a few that only dress words.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, Final

import mwparserfromhell
from mwparserfromhell.nodes import (
    ExternalLink,
    Heading,
    HTMLEntity,
    Tag,
    Template,
    Text,
    Wikilink,
)

from kg.harvest.slugs import slug_of_title

#: Nested deeper than this, only the words are taken.
_DEPTH: Final = 30
_STYLE: Final = re.compile(r"'{2,5}")
_SPECIAL: Final = re.compile(r"([\\`*_\[\]<>|~])")
_LINE_START: Final = re.compile(r"(?m)^(\d+(?=[.)])|(?=[#+=-]))")
_MARKERS: Final = re.compile(r"(?m)^-[ \t]*(?:\n-[ \t]+)+")
_SPACES: Final = re.compile(r"[ \t]*\n[ \t]*\n\s*")
#: Links to files, categories and other languages are no part of the text.
_NO_TEXT: Final = re.compile(
    r"^:?\s*(?:file|image|media|category|template|special|[a-z]{2,3})\s*:", re.IGNORECASE
)
_REDIRECT: Final = re.compile(r"^\s*#\s*redirect\b", re.IGNORECASE)
_DROPPED: Final = frozenset(
    {
        "gallery",
        "timeline",
        "score",
        "imagemap",
        "templatestyles",
        "references",
        "math",
        "chem",
        "hiero",
        "graph",
    }
    | {"mapframe", "maplink", "style", "script", "syntaxhighlight", "source", "pre", "code", "nowiki"}
    | {"noinclude", "includeonly"}
)
#: Templates that only dress words, and which of their parameters has these.
_DRESSING: Final = {
    "nowrap": 1,
    "nobr": 1,
    "small": 1,
    "abbr": 1,
    "tooltip": 1,
    "sub": 1,
    "sup": 1,
    "lang": 2,
    "transl": 2,
    "em": 1,
    "strong": 1,
}
_IDENTIFIERS: Final = {"pmid": "PMID: {}", "doi": "doi:{}", "pmc": "PMC{}"}


def is_redirect(text: str) -> bool:
    """Tell whether a page only points to another."""
    return _REDIRECT.match(text) is not None


def to_markdown(text: str) -> str:
    """Write wikitext as Markdown.

    Parameters
    ----------
    text : str
        A page's source.

    Returns
    -------
    str
        Headings, lists, tables, links; ``<ref>`` as footnotes with the PMID and DOI that their citation has;
        an infobox as a table of two columns at its place.

    Examples
    --------
    >>> cited = "<ref>{{cite journal|title=T|pmid=31086362}}</ref>"
    >>> print(to_markdown(f"'''Tau''' spreads in [[Brain regions/Hippocampus|CA1]].{cited}"))
    Tau spreads in [CA1](</brain-regions/hippocampus>).[^1]
    <BLANKLINE>
    [^1]: T. PMID: 31086362
    """
    if is_redirect(text):
        return ""
    writer = _Writer()
    body = writer.write(mwparserfromhell.parse(text, skip_style_tags=True), 0)
    body = _MARKERS.sub("- ", body)  # "** deep" is a marker behind another
    lines = _SPACES.sub("\n\n", "\n".join(line.rstrip() for line in body.split("\n"))).strip()
    notes = "\n".join(f"[^{key}]: {note}" for key, note in writer.notes.items() if note)
    return f"{lines}\n\n{notes}" if notes else lines


class _Writer:
    """Writes nodes, and collects the references on the way."""

    def __init__(self) -> None:
        self.notes: dict[str, str] = {}

    def write(self, code: Any, depth: int) -> str:
        if code is None:
            return ""
        if depth > _DEPTH:
            return _escape(str(code.strip_code()))
        return "".join(self._node(node, depth + 1) for node in code.nodes)

    def _node(self, node: Any, depth: int) -> str:
        if isinstance(node, Text):
            return _escape(_STYLE.sub("", str(node.value)))
        if isinstance(node, HTMLEntity):
            return _escape(str(node.normalize()).replace("\xa0", " "))
        if isinstance(node, Heading):
            title = self.write(node.title, depth).strip()
            return f"\n\n{'#' * max(2, node.level)} {_flat(title)}\n\n"
        if isinstance(node, Wikilink):
            return self._link(node, depth)
        if isinstance(node, ExternalLink):
            title = _flat(self.write(node.title, depth)) if node.title is not None else ""
            return f"[{title}](<{_address(str(node.url))}>)" if title else _address(str(node.url))
        if isinstance(node, Tag):
            return self._tag(node, depth)
        if isinstance(node, Template):
            return self._template(node, depth)
        return ""  # comments, and parameters of templates

    def _link(self, node: Any, depth: int) -> str:
        title = str(node.title).strip()
        if _NO_TEXT.match(title):
            return ""
        words = _flat(self.write(node.text, depth)) if node.text is not None else _escape(title.lstrip(":"))
        slug = slug_of_title(title.lstrip(":").split("#")[0])
        return f"[{words}](</{slug}>)" if slug and words else words

    def _tag(self, node: Any, depth: int) -> str:
        name = str(node.tag).strip().lower()
        if name == "ref":
            return self._reference(node, depth)
        if name in _DROPPED:
            return ""
        if name == "table":
            return self._table(node, depth)
        if name in ("li", "dd", "dt") and node.wiki_markup:
            return "\n- "
        if name == "br":
            return "\n"
        if name == "hr":
            return "\n\n"
        inner = self.write(node.contents, depth)
        return f"\n\n{inner}\n\n" if name in ("p", "div", "blockquote", "ul", "ol", "center") else inner

    def _reference(self, node: Any, depth: int) -> str:
        name = str(node.get("name").value).strip(" \"'") if node.has("name") else ""
        key = re.sub(r"[^\w:.-]+", "-", name).strip("-") or str(len(self.notes) + 1)
        while not name and key in self.notes:
            key = f"{key}a"
        note = _flat(self._citations(node.contents, depth)) if node.contents is not None else ""
        if not self.notes.get(key):
            self.notes[key] = note
        return f"[^{key}]"

    def _citations(self, code: Any, depth: int) -> str:
        """Write what a reference says: its words, and of its citation templates what names the work."""
        parts = []
        for node in code.nodes:
            if isinstance(node, Template) and (cited := _citation(node)):
                parts.append(cited)
            else:
                parts.append(self._node(node, depth))
        return "".join(parts)

    def _template(self, node: Any, depth: int) -> str:
        name = " ".join(str(node.name).split()).lower()
        if name.startswith("infobox"):
            return self._infobox(node, depth)
        if name in _IDENTIFIERS and node.has(1):
            return _IDENTIFIERS[name].format(_escape(str(node.get(1).value).strip()))
        if name in ("convert", "cvt") and node.has(1) and node.has(2):
            return _escape(f"{str(node.get(1).value).strip()} {str(node.get(2).value).strip()}")
        if name in _DRESSING and node.has(_DRESSING[name]):
            return self.write(node.get(_DRESSING[name]).value, depth)
        return ""

    def _infobox(self, node: Any, depth: int) -> str:
        rows = []
        for parameter in node.params:
            value = _flat(self.write(parameter.value, depth))
            if parameter.showkey and value:
                rows.append([_escape(str(parameter.name).strip().replace("_", " ")), value])
        return _markdown_table([["Property", "Value"], *rows]) if rows else ""

    def _table(self, node: Any, depth: int) -> str:
        if node.contents is None:
            return ""
        rows: list[list[str]] = [[]]
        for tag in node.contents.filter_tags(recursive=False):
            name = str(tag.tag).strip().lower()
            if name in ("td", "th"):  # cells before the first row
                rows[0].append(_flat(self.write(tag.contents, depth)))
            elif name == "tr":
                cells = [
                    cell
                    for cell in tag.contents.filter_tags(recursive=False)
                    if str(cell.tag) in ("td", "th")
                ]
                rows.append([_flat(self.write(cell.contents, depth)) for cell in cells])
        return _markdown_table(row for row in rows if row)


def _citation(node: Any) -> str:
    """Give what a citation template names: authors, title, journal, year, PMID, DOI."""
    name = " ".join(str(node.name).split()).lower()
    if not name.startswith(("cite", "citation", "vcite")) and name not in _IDENTIFIERS:
        return ""

    def value(*names: str) -> str:
        for key in names:
            if node.has(key) and (text := _flat(str(node.get(key).value.strip_code()))):
                return text
        return ""

    if name in _IDENTIFIERS:
        return _IDENTIFIERS[name].format(value("1"))
    authors = value("vauthors", "authors", "author", "last", "last1", "author1")
    year = re.search(r"\b(?:1[89]|20)\d\d\b", value("year", "date"))
    work = ", ".join(
        part for part in (authors, value("title"), value("journal", "book-title", "publisher")) if part
    )
    said = f"{work} ({year[0]})" if year else work
    ids = [_IDENTIFIERS[key].format(found) for key in ("pmid", "doi") if (found := value(key))]
    return ". ".join(part for part in (_escape(said), " ".join(ids)) if part)


def _markdown_table(rows: Iterable[list[str]]) -> str:
    filled = list(rows)
    if not filled:
        return ""
    width = max(len(row) for row in filled)
    padded = [[*row, *[""] * (width - len(row))] for row in filled]
    lines = [f"| {' | '.join(row)} |" for row in padded]
    return "\n\n" + "\n".join([lines[0], f"|{' --- |' * width}", *lines[1:]]) + "\n\n"


def _escape(text: str) -> str:
    """Make a text mean itself in Markdown."""
    return _LINE_START.sub(r"\1\\", _SPECIAL.sub(r"\\\1", text))


def _flat(text: str) -> str:
    return " ".join(text.split())


def _address(url: str) -> str:
    return re.sub(r"[<>\s]+", "", url)
