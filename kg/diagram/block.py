"""A page's diagram as Markdown: the Mermaid fence, a caption, and the evidence of each edge, folded.

A block depends on nothing but what the build says of its own subject, so that pages can be made in any order, by
any number of workers. What they share, the graph and its indexes, is a `DiagramSource`, made once a build.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import polars as pl

from kg.diagram.evidence import COLUMNS as EVIDENCE_COLUMNS
from kg.diagram.evidence import EvidenceIndex
from kg.diagram.links import Links
from kg.diagram.mermaid import write_mermaid
from kg.diagram.network import Network
from kg.diagram.paths import PathFinder
from kg.diagram.select import DEPTH, MAX_EDGES, MAX_NODES, select_subgraph
from kg.diagram.subgraph import Subgraph
from kg.diagram.table import Evidence, edge_table, evidence_of
from kg.graph.build_dir import Build
from kg.graph.network import COLUMNS
from kg.model.schema import Label


class DiagramOptions(NamedTuple):
    """What a diagram shows at most; see `kg.diagram.select_subgraph`."""

    depth: int = DEPTH
    max_nodes: int = MAX_NODES
    max_edges: int = MAX_EDGES
    kinds: frozenset[Label] | None = None


DEFAULT_OPTIONS = DiagramOptions()


class Block(NamedTuple):
    """A page's diagram.

    `markdown` ends with a newline and holds the build's id in its caption alone. `content_hash` is of everything but
    that: it changes when the diagram, a quote or a source does, and not when a new build says the same.
    """

    subject: str
    markdown: str
    mermaid: str
    left_out: int
    content_hash: str


class DiagramSource:
    """What diagrams need of a build, loaded once.

    Parameters
    ----------
    network : Network
        Of the build.
    evidence : EvidenceIndex
        Of the same build.
    """

    def __init__(self, network: Network, evidence: EvidenceIndex) -> None:
        self.network = network
        self.finder = PathFinder(network, Links(network))
        self.evidence = evidence

    @property
    def build_id(self) -> str:
        """The build's id, for the captions."""
        return self.network.build_id

    @classmethod
    def from_tables(cls, tables: Mapping[str, pl.DataFrame], *, build_id: str = "") -> DiagramSource:
        """Make it of a build's ``nodes``, ``edges``, ``claims`` and ``evidence``, and of ``records`` for dates."""
        network = Network.from_tables(tables, build_id=build_id)
        return cls(network, EvidenceIndex.from_tables(tables["evidence"], tables.get("records")))

    @classmethod
    def from_build(cls, build: Build) -> DiagramSource:
        """Load what is needed of a build."""
        columns = {**COLUMNS, "evidence": EVIDENCE_COLUMNS, "records": ("id", "date")}
        tables = {name: build.read(name, wanted) for name, wanted in columns.items()}
        return cls.from_tables(tables, build_id=build.manifest.build_id)

    @staticmethod
    def write(build: Build, folder: Path) -> None:
        """Write what `read` takes of a build into a folder."""
        Network.write({name: build.read(name, wanted) for name, wanted in COLUMNS.items()}, folder)
        EvidenceIndex.write(build, folder)

    @classmethod
    def read(cls, folder: Path, *, build_id: str = "") -> DiagramSource:
        """Read what `write` wrote: processes that read the same files share their memory."""
        return cls(Network.read(folder, build_id=build_id), EvidenceIndex.read(folder))

    def __contains__(self, curie: object) -> bool:
        """Say whether the build has such a node: a page whose subject hasn't is stale."""
        return curie in self.network

    def select(self, subject: str, options: DiagramOptions = DEFAULT_OPTIONS) -> Subgraph:
        """Choose what explains a node; `DiagramError` if the build hasn't it."""
        return select_subgraph(self.network, subject, finder=self.finder, **options._asdict())


def page_block(
    source: DiagramSource,
    subject: str,
    *,
    options: DiagramOptions = DEFAULT_OPTIONS,
    base_url: str | None = None,
) -> Block | None:
    """Write the Markdown of a page's diagram.

    Nothing is parsed here: give `Block.mermaid` to `kg.diagram.checked.CheckedTexts` before it is written anywhere.

    Parameters
    ----------
    source : DiagramSource
        Of the build.
    subject : str
        CURIE of a node: a page (``wiki:datasets/x``) or the thing that a page is about.
    options : DiagramOptions
        How much is shown.
    base_url : str, optional
        Where the wiki's pages are, for links.

    Returns
    -------
    Block or None
        The same for the same build; None where nothing in it is linked to the subject.

    Raises
    ------
    DiagramError
        If the build has no such node: ask ``subject in source`` first.
    """
    subgraph = source.select(subject, options)
    if not subgraph.links:
        return None
    # The caption names the build; in the diagram it would change every one of them every night.
    mermaid = write_mermaid(subgraph._replace(build_id=""), base_url=base_url)
    evidence = evidence_of(subgraph, source.evidence)
    table = edge_table(subgraph, evidence, base_url=base_url)
    facts = _facts(subgraph, evidence, source.evidence)
    content = f"```mermaid\n{mermaid.rstrip()}\n```\n"
    folded = f"<details>\n<summary>Evidence for each edge</summary>\n\n{table}\n</details>\n"
    digest = hashlib.sha256(f"{content}{facts}{folded}".encode("utf-8", "surrogatepass")).hexdigest()
    build = f"Build {_plain(source.build_id)}: " if source.build_id else ""
    return Block(subject, f"{content}\n*{build}{facts}*\n\n{folded}", mermaid, subgraph.left_out, digest[:24])


def caption_of(source: DiagramSource, subgraph: Subgraph) -> str:
    """Say in a few words which build a diagram is of, on how many sources it rests, and of when."""
    sources, newest = _sources(evidence_of(subgraph, source.evidence), source.evidence)
    words = [f"Build {_plain(source.build_id)}"] if source.build_id else []
    words += [_count(len(sources), "source")] + ([f"newest {newest}"] if newest else [])
    return f"{', '.join(words)}."


def _sources(evidence: Evidence, index: EvidenceIndex) -> tuple[list[str], str]:
    """Give the records that evidence is from, and the newest date among them."""
    sources = sorted({row["record_id"] for rows in evidence.values() for row in rows})
    return sources, _plain(max(filter(None, map(index.date, sources)), default=""))


def _facts(subgraph: Subgraph, evidence: Evidence, index: EvidenceIndex) -> str:
    """Say how much a diagram rests on, and of when."""
    sources, newest = _sources(evidence, index)
    text = f"{_count(len(subgraph.links), 'relation')} from {_count(len(sources), 'source')}"
    if newest:
        text += f", the newest of {newest}"
    if subgraph.left_out:
        text += f"; {subgraph.left_out} more of its relations are not drawn"
    return f"{text}."


def _plain(text: str) -> str:
    """Leave out what Markdown might read; ids and dates have none of it."""
    return re.sub(r"[^0-9A-Za-z.-]", "", text)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
