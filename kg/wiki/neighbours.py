"""What a build and a wiki's folder know beside the pages that are looked at."""

from __future__ import annotations

from collections.abc import Iterable

from kg.graph.build_dir import Build
from kg.model.schema import Label
from kg.wiki.files import PageFile, find_pages


def pages_under(pages: Iterable[PageFile]) -> list[PageFile]:
    """Give every page of the wikis that these pages are of."""
    return find_pages(sorted({page.root for page in pages}))


def titles_of(build: Build) -> dict[str, str]:
    """Give PubMed's titles of the articles that a build has read, by PMID."""
    nodes = build.table("nodes").filter(label=Label.PUBLICATION.value, in_snapshot=True)
    pairs = nodes.select("id", "name").iter_rows()
    return {curie.removeprefix("PMID:"): name or "" for curie, name in pairs if curie.startswith("PMID:")}


def pages_of(build: Build) -> frozenset[str]:
    """Give the ids of the pages that a build has read."""
    return frozenset(build.table("nodes").filter(label=Label.WIKI_PAGE.value, in_snapshot=True)["id"])
