"""Rules about a page's own Mermaid diagrams: they parse, and their nodes are things that vocabularies know."""

from __future__ import annotations

import html
import re
from collections.abc import Collection, Iterator, Sequence
from functools import lru_cache
from typing import Final, NamedTuple

from kg.claims.works import works_in_text
from kg.diagram.parser import MermaidParser, parser
from kg.model import Mention, Passage, Role
from kg.wiki.context import LintContext
from kg.wiki.faults import find_fault, short_fault
from kg.wiki.findings import Finding
from kg.wiki.page import OwnDiagram, Page
from kg.wiki.things import Things
from kg.wiki.words import line_span

_FLOWCHART: Final = re.compile(r"^\s*(?:graph|flowchart)\b", re.MULTILINE)
#: Mermaid's marks for entity codes while it works.
_CODE: Final = re.compile(r"ﬂ°(°?)(\w+)¶ß")
#: Ids that `kg.diagram` gives nodes.
_OF_THE_GRAPH: Final = re.compile(r"n[0-9a-f]{5,64}")
_TAG: Final = re.compile(r"<[^<>]{0,200}>")
#: Of a heading, its number: "1.", "2.3", "IV.".
_NUMBER: Final = re.compile(r"^(?:\d+(?:\.\d+)*[.)]?|[IVX]+[.)])\s+")
_MARKUP: Final = re.compile(r"[*_`]+")
#: Share of a label's letters that mentions must cover for the vocabularies to know it.
_KNOWN: Final = 0.5


class Node(NamedTuple):
    """A node of a flowchart: its id, its label as written, and what a reader sees of it."""

    id: str
    label: str
    name: str


def check_mermaid_blocks(page: Page, context: LintContext) -> Iterator[Finding]:
    """Check the diagrams that a page has of its own."""
    headings = {_fold(_NUMBER.sub("", heading.text)) for heading in page.headings if heading.level > 1}
    things = Things(page, context)
    for diagram in page.diagrams:
        fault = _fault(page, diagram, context)
        if fault is not None:
            yield fault
        elif _FLOWCHART.search(diagram.text):
            nodes = read_nodes(diagram.text)
            if diagram.is_managed:
                # What the graph put there is of the graph, however it was shortened.
                nodes = [node for node in nodes if not _OF_THE_GRAPH.fullmatch(node.id)]
            yield from _nodes(page, diagram, nodes, headings, things, context)


def _fault(page: Page, diagram: OwnDiagram, context: LintContext) -> Finding | None:
    error = find_fault(diagram.text, context.checked)
    if error is None:
        return None
    number = error.facts.get("line")
    line = diagram.first
    if isinstance(number, int):
        line = min(diagram.content + number - 1, max(diagram.end - 1, diagram.first))
    return Finding("KGW101", *line_span(page, line), short_fault(error))


def read_nodes(text: str) -> list[Node]:
    """Give the nodes of a flowchart that parses, boxes around nodes among them."""
    _warm(parser())
    answer = parser().read(text.encode("utf-8", "replace").decode("utf-8"))
    boxes = {curie for curie, _ in answer.get("boxes", ())}
    nodes = [Node(curie, label, _shown(label)) for curie, label in answer.get("nodes", ()) if curie not in boxes]
    return [node for node in nodes if node.name]


@lru_cache(maxsize=1)
def _warm(mermaid: MermaidParser) -> None:
    """Parse anything: Mermaid learns which kinds of diagrams there are at its first parse alone."""
    mermaid.parse("flowchart LR")


def _shown(label: str) -> str:
    decoded = _CODE.sub(lambda m: html.unescape(f"&#{m[2]};" if m[1] else f"&{m[2]};"), label)
    plain = _MARKUP.sub("", _TAG.sub(" ", html.unescape(decoded)))
    return " ".join(plain.split())


def _nodes(
    page: Page,
    diagram: OwnDiagram,
    nodes: Sequence[Node],
    headings: Collection[str],
    things: Things,
    context: LintContext,
) -> Iterator[Finding]:
    mentions = _link(nodes, context)
    first: dict[str, Node] = {}
    for number, node in enumerate(nodes):
        place = _place(page, diagram, node)
        found = mentions.get(number, [])
        whole = {m.curie for m in found if m.end - m.start >= len(node.name) - 1}
        if not whole:
            # What running text would leave open, and a node may not: "HD" alone.
            meanings = things.meanings(node.name)
            whole = set(meanings) if len(meanings) == 1 else set()
        if not whole and not things.is_known(node.name) and not any(works_in_text(node.name)):
            if _fold(_NUMBER.sub("", node.name)) in headings:
                said = f"'{node.name}' is a heading of the page, and no vocabulary knows it as a thing"
                yield Finding("KGW102", *place, said)
            elif sum(m.end - m.start for m in found) < _KNOWN * len(node.name):
                yield Finding("KGW103", *place, f"no vocabulary knows '{node.name}'")
        # "AD" and "Ad" are one, as are two names of one term.
        names = {_fold(node.name), *whole}
        twin = next((first[name] for name in sorted(names) if name in first), None)
        if twin is not None:
            yield Finding("KGW104", *place, f"'{node.name}' and '{twin.name}' ({twin.id}) are one thing")
        for name in names:
            first.setdefault(name, node)


def _link(nodes: Sequence[Node], context: LintContext) -> dict[int, list[Mention]]:
    passages = [
        Passage(record_id="wiki:diagram", section=f"node/{number}", role=Role.BODY, text=node.name)
        for number, node in enumerate(nodes)
    ]
    found: dict[int, list[Mention]] = {}
    for mention in context.linker.link(passages):
        found.setdefault(int(mention.section.partition("/")[2]), []).append(mention)
    return found


def _place(page: Page, diagram: OwnDiagram, node: Node) -> tuple[int, int]:
    low, high = page.lines[diagram.content].start, page.lines[max(diagram.end - 1, diagram.content)].end
    area = page.text[low:high]
    for pattern in (re.escape(node.label), rf"(?<!\w){re.escape(node.id)}(?!\w)"):
        if match := re.search(pattern, area):
            return low + match.start(), low + match.end()
    return line_span(page, diagram.first)


def _fold(name: str) -> str:
    return " ".join(name.casefold().split())
