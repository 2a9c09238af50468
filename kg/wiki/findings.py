"""What the linter can find: its rules, and a finding with its place and its mend."""

from __future__ import annotations

from typing import Final, NamedTuple

from kg.model import Severity


class Rule(NamedTuple):
    """A rule; `docs/wiki-lint.md` has an example of each."""

    code: str
    name: str
    severity: Severity
    summary: str
    is_fixable: bool = False


class Edit(NamedTuple):
    """A piece of the page's text, in offsets of it, and what goes in its place."""

    start: int
    end: int
    text: str


class Finding(NamedTuple):
    """Something wrong at a place of a page; `start` and `end` are offsets of its text, half-open.

    `target` is set where what is wrong depends on which pages there are; `refers` is another line, from 1, that the
    message names as ``{line}``.
    """

    code: str
    start: int
    end: int
    message: str
    edits: tuple[Edit, ...] = ()
    target: str | None = None
    refers: int | None = None


_ERROR, _WARNING, _NOTE = Severity.ERROR, Severity.WARNING, Severity.NOTE

#: Every rule, by its code.
RULES: Final[dict[str, Rule]] = {
    rule.code: rule
    for rule in (
        Rule("KGW001", "unreadable-page", _ERROR, "The page can't be read, or not as UTF-8."),
        Rule("KGW002", "unknown-directive", _WARNING, "A kg-lint comment says something that the linter doesn't know."),
        Rule("KGW003", "malformed-front-matter", _WARNING, "The front matter can't be read, or a field of it can't."),
        Rule("KGW101", "mermaid-syntax", _ERROR, "A Mermaid diagram doesn't parse."),
        Rule("KGW102", "mermaid-heading-node", _WARNING, "A node of a diagram is a heading of the page."),
        Rule("KGW103", "mermaid-unknown-node", _WARNING, "No vocabulary knows a node of a diagram."),
        Rule("KGW104", "mermaid-same-thing-twice", _WARNING, "Two nodes of a diagram are one thing."),
        Rule("KGW201", "citation-without-reference", _ERROR, "A citation has no reference."),
        Rule("KGW202", "reference-never-cited", _NOTE, "A reference is never cited."),
        Rule("KGW203", "unknown-reference", _WARNING, "A reference names no author, and has neither PMID nor DOI."),
        Rule("KGW204", "invalid-identifier", _ERROR, "What stands for a PMID or a DOI is none."),
        Rule("KGW205", "unresolved-pmid", _NOTE, "A PMID is not among the articles of the build."),
        Rule("KGW206", "title-disagrees", _ERROR, "PubMed's title of a PMID is another than the reference's."),
        Rule("KGW301", "doubled-link", _WARNING, "A link's address stands twice.", is_fixable=True),
        Rule("KGW302", "missing-page", _WARNING, "A link leads to a page that there isn't."),
        Rule("KGW303", "relative-link", _WARNING, "A link to a page doesn't begin with '/'.", is_fixable=True),
        Rule("KGW401", "repeated-paragraph", _WARNING, "A paragraph stands on the page twice."),
        Rule("KGW501", "unsourced-disease-claim", _WARNING, "A sentence says something of a disease without a source."),
        Rule("KGW502", "unpaired-archive", _WARNING, "An archive is cited without a peer-reviewed paper beside it."),
        Rule("KGW601", "edited-diagram", _WARNING, "A diagram of the graph was edited by hand."),
        Rule("KGW602", "broken-markers", _ERROR, "The markers of a diagram of the graph can't be paired."),
    )
}
