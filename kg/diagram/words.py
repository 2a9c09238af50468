"""How a diagram names and draws things: fixed words a predicate, one shape and one colour a kind.

The fills are Paul Tol's 'light' scheme (SRON/EPS/TN/09-002), made to be told apart by colour-blind readers behind dark
text; fill and text colour are both given, so that they hold on a light page and on a dark one. Shapes differ as well,
so that colour is never needed.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from kg.errors import DiagramError
from kg.model.claim import Predicate
from kg.model.schema import Label


class Kind(NamedTuple):
    """How nodes of a label are drawn. `column` orders the kinds from left to right, from data to disease."""

    column: int
    title: str
    style: str
    opening: str
    closing: str
    fill: str
    stroke: str


KINDS: Final[dict[Label, Kind]] = {
    Label.WIKI_PAGE: Kind(0, "Wiki pages", "page", "[/", "/]", "#99DDFF", "#22607F"),
    Label.PUBLICATION: Kind(3, "Publications", "paper", ">", "]", "#DDDDDD", "#555555"),
    Label.DATASET: Kind(1, "Datasets", "dataset", "[(", ")]", "#77AADD", "#1F4E79"),
    Label.SPECIES: Kind(3, "Species", "species", "[\\", "\\]", "#FFAABB", "#8A2F45"),
    Label.TECHNIQUE: Kind(3, "Techniques", "technique", "[[", "]]", "#AAAA00", "#4F4F00"),
    Label.BRAIN_REGION: Kind(3, "Brain regions", "region", "(", ")", "#44BB99", "#0F5C48"),
    Label.CELL_TYPE: Kind(3, "Cell types", "cell", "([", "])", "#BBCC33", "#5C6600"),
    Label.MECHANISM: Kind(4, "Mechanisms", "mechanism", "{{", "}}", "#EEDD88", "#7A6A14"),
    Label.DISEASE: Kind(5, "Diseases", "disease", "[", "]", "#EE8866", "#8A3416"),
    Label.AGENT: Kind(6, "People and organisations", "agent", "[/", "\\]", "#FFFFFF", "#555555"),
    Label.VOCABULARY: Kind(6, "Vocabularies", "vocabulary", "[\\", "/]", "#FFFFFF", "#555555"),
}

#: What the command line calls them.
KIND_NAMES: Final[dict[str, Label]] = {kind.style: label for label, kind in KINDS.items()}

#: What an arrow says from subject to object, and what it says where it is drawn from object to subject.
WORDS: Final[dict[Predicate, tuple[str, str]]] = {
    Predicate.RECORDS_FROM: ("records from", "recorded in"),
    Predicate.TARGETS_CELL_TYPE: ("records cells", "recorded in"),
    Predicate.STUDIES_SPECIES: ("studies", "studied in"),
    Predicate.USES_TECHNIQUE: ("made with", "used in"),
    Predicate.RELEVANT_TO: ("relevant to", "studied in"),
    Predicate.INVESTIGATES: ("investigates", "investigated in"),
    Predicate.CONTRIBUTES_TO: ("contributes to", "driven by"),
    Predicate.PROTECTS_FROM: ("protects from", "lowered by"),
    Predicate.AFFECTED_IN: ("affected in", "affects"),
    Predicate.CONSEQUENCE_OF: ("consequence of", "leads to"),
    Predicate.MODEL_OF: ("model of", "modelled by"),
    Predicate.ASSOCIATED_WITH: ("associated with", "associated with"),
    Predicate.OCCURS_IN: ("occurs in", "site of"),
    Predicate.PART_OF: ("part of", "has part"),
    Predicate.SUBCLASS_OF: ("kind of", "has kind"),
    Predicate.DESCRIBED_BY: ("described by", "describes"),
    Predicate.CITES: ("cites", "cited by"),
    Predicate.LINKS_TO: ("links to", "linked from"),
    Predicate.DOCUMENTS: ("documents", "documented by"),
    Predicate.MENTIONS: ("mentions", "mentioned by"),
    Predicate.HAS_CONTRIBUTOR: ("made by", "made"),
}


def parse_kinds(words: str) -> frozenset[Label]:
    """Read a list of kinds as a command line has it.

    Raises
    ------
    DiagramError
        If a word is none of `KIND_NAMES`.

    Examples
    --------
    >>> sorted(parse_kinds("mechanism, region"))
    [<Label.BRAIN_REGION: 'BrainRegion'>, <Label.MECHANISM: 'Mechanism'>]
    """
    found = set()
    for word in filter(None, (part.strip().casefold() for part in words.split(","))):
        if word not in KIND_NAMES:
            raise DiagramError(f"{word!r} is no kind of node", mend=f"the kinds are {', '.join(KIND_NAMES)}")
        found.add(KIND_NAMES[word])
    return frozenset(found)


#: Text colour of every node: dark enough on all fills.
TEXT_COLOUR: Final = "#111111"
#: Colour of arrows, boxes and their titles: as far from white as from a dark page.
LINE_COLOUR: Final = "#767676"
