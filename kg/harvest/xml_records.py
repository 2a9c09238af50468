"""XML from elsewhere: without entities, DTDs and a network, and of many records only one in memory at a time."""

from __future__ import annotations

from typing import Any, Final

from lxml import etree

#: Tags of PubMed's records.
RECORD_TAGS: Final = ("PubmedArticle", "PubmedBookArticle")
#: Options of every parser of XML that somebody else wrote. A few entities can unfold to gigabytes.
SAFE_XML: Final[dict[str, Any]] = {
    "resolve_entities": False,
    "no_network": True,
    "load_dtd": False,
    "huge_tree": False,
}


def make_record_parser(*tags: str) -> etree.XMLPullParser:
    """Make a parser that gives PubMed's records and these tags as they end, without comments and instructions."""
    return etree.XMLPullParser(
        events=("end",), tag=(*RECORD_TAGS, *tags), remove_comments=True, remove_pis=True, **SAFE_XML
    )


def forget(element: Any) -> None:
    """Free a record and everything before it, or the tree would grow with the file."""
    element.clear(keep_tail=False)
    parent = element.getparent()
    while parent is not None and element.getprevious() is not None:
        del parent[0]
