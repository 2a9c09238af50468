"""Look at one node or one claim of a build, with the quotes behind it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Any, Final, NamedTuple

import polars as pl

from kg.errors import QueryError
from kg.model import ClaimKind, Label, normalise_curie
from kg.model.schema import LABEL_OF_CATEGORY

#: Most names to give in place of one that nothing has.
_NEAR: Final = 5
#: Letters that a misspelt name is thought to have right.
_BEGINNING: Final = 4


class ClaimCard(NamedTuple):
    """A claim, the names of its ends, and all its evidence."""

    claim: dict[str, Any]
    subject_name: str
    object_name: str
    evidence: list[dict[str, Any]]
    #: Other claims of the same two: of other sources or species and, where biology speaks, of other predicates.
    #: Some may deny it, or hold it possible.
    siblings: list[dict[str, Any]]


class NodeCard(NamedTuple):
    """A node, its properties that have a value, and the claims it takes part in."""

    properties: dict[str, Any]
    claims: list[ClaimCard]
    claim_count: int


class Found(NamedTuple):
    """The node or claim that a user means."""

    id: str
    #: Ids of others with the same name, which are less likely meant.
    others: tuple[str, ...] = ()


def find_node(tables: Mapping[str, pl.DataFrame], given: str, *, label: str | None = None) -> str:
    """Find the id that a user means; as `find_named`, without the others of that name."""
    return find_named(tables, given, label=label).id


def find_named(tables: Mapping[str, pl.DataFrame], given: str, *, label: str | None = None) -> Found:
    """Find what a user means: a CURIE in any spelling, an IRI, or an exact name or synonym.

    A term wins over a wiki page of that name.

    Parameters
    ----------
    tables : mapping of str to polars.DataFrame
        A build's ``nodes`` and ``claims``.
    given : str
        What the user wrote.
    label : str, optional
        Names are looked up among the nodes with this label alone.

    Raises
    ------
    QueryError
        If nothing or more than one thing has that name; the nearest names are in ``facts["near"]``.
    """
    nodes, claims = tables["nodes"], tables["claims"]
    for candidate in (given, normalise_curie(given)):
        if candidate and (nodes["id"].eq(candidate).any() or claims["id"].eq(candidate).any()):
            return Found(candidate)
    wanted = given.strip().lower()
    if label is not None and (nodes["label"] == label).any():
        nodes = nodes.filter(pl.col("label") == label)
    is_page = pl.col("label") == Label.WIKI_PAGE.value
    named = nodes.filter(pl.col("name").str.to_lowercase() == wanted).sort("id")
    pages = named.filter(is_page)
    named = named.filter(~is_page)
    if not named.height:
        # "hippocampus" is a synonym of "hippocampal formation": what one term alone is called, it may be called here.
        lower = pl.col("synonyms").list.eval(pl.element().str.to_lowercase())
        called = nodes.filter(lower.list.contains(wanted)).sort("id")
        named = called if called.height == 1 or not pages.height else named
    if named.height == 1:
        return Found(str(named["id"][0]), tuple(pages["id"]))
    if not named.height and pages.height == 1:
        return Found(str(pages["id"][0]))
    named = named if named.height else pages
    near = named if named.height else _nearest(nodes, wanted)
    listing = "; ".join(f"{row['id']} ({row['name']})" for row in near.head(_NEAR).to_dicts())
    raise QueryError(
        f"{'more than one node is' if named.height else 'no node is'} called {given!r}",
        "nodes",
        f"name one by its id: {listing}"
        if listing
        else "ids look like DANDI:000054, UBERON:0002421 or mechanism:synaptic-dysfunction",
        near=near["id"].to_list(),
    )


def _nearest(nodes: pl.DataFrame, wanted: str) -> pl.DataFrame:
    """Give up to five nodes: terms whose names hold what is wanted, those spelt nearly so, then other holders."""
    lower = nodes.with_columns(lower=pl.col("name").str.to_lowercase())
    holders = lower.filter(pl.col("lower").str.contains(wanted, literal=True)).sort("id")
    is_term = pl.col("label").is_in([label.value for label in LABEL_OF_CATEGORY.values()])
    # What begins alike is few enough to be compared letter by letter.
    alike = lower.filter(pl.col("lower").str.starts_with(wanted[:_BEGINNING])).unique("lower", keep="first")
    names = get_close_matches(wanted, alike["lower"].to_list(), n=_NEAR, cutoff=0.7)
    rank = pl.col("lower").replace_strict({name: number for number, name in enumerate(names)}, default=_NEAR)
    close = alike.filter(pl.col("lower").is_in(names)).sort(rank, "id")
    near = pl.concat([holders.filter(is_term), close, holders.filter(~is_term)])
    return near.unique("id", keep="first", maintain_order=True).head(_NEAR)


def node_card(tables: Mapping[str, pl.DataFrame], curie: str, *, most: int = 50, kind: str | None = None) -> NodeCard:
    """Give a node with the claims it takes part in, the best supported first.

    Parameters
    ----------
    tables : mapping of str to polars.DataFrame
        A build's tables.
    curie : str
        The node's id, as `find_node` gives it.
    most : int
        How many claims to give.
    kind : str, optional
        Only claims of this kind.
    """
    row = tables["nodes"].row(by_predicate=pl.col("id") == curie, named=True)
    claims = tables["claims"].filter((pl.col("subject") == curie) | (pl.col("object") == curie))
    if kind:
        claims = claims.filter(pl.col("kind") == kind)
    # What is learned from text interests before what the vocabularies say.
    order = {"resource": 0, "biological": 1, "bibliographic": 2, "ontological": 3}
    claims = claims.sort(
        pl.col("kind").replace_strict(order),
        pl.col("confidence"),
        pl.col("predicate"),
        pl.col("id"),
        descending=[False, True, False, False],
    )
    shown = claims.head(most)["id"].to_list()
    properties = {name: value for name, value in row.items() if value is not None and value != []}
    return NodeCard(properties, claim_cards(tables, shown), claims.height)


def claim_cards(tables: Mapping[str, pl.DataFrame], claim_ids: list[str]) -> list[ClaimCard]:
    """Give claims with their evidence, asserting first, in the order asked for."""
    wanted = pl.Series("id", claim_ids, dtype=pl.String).implode()
    claims = {row["id"]: row for row in tables["claims"].filter(pl.col("id").is_in(wanted)).to_dicts()}
    evidence: dict[str, list[dict[str, Any]]] = {claim_id: [] for claim_id in claims}
    for row in (
        tables["evidence"]
        .filter(pl.col("claim_id").is_in(wanted))
        .sort("polarity", "record_id", "section", "start", "id")
        .to_dicts()
    ):
        evidence[row["claim_id"]].append(row)
    ends = (
        pl.Series("id", [claim[end] for claim in claims.values() for end in ("subject", "object")], dtype=pl.String)
        .unique()
        .implode()
    )
    names = dict(tables["nodes"].filter(pl.col("id").is_in(ends)).select("id", "name").iter_rows())
    siblings = _siblings(tables["claims"], claims.values())
    return [
        ClaimCard(
            claim,
            names[claim["subject"]],
            names[claim["object"]],
            evidence[claim_id],
            [row for row in siblings.get(_said(claim), ()) if row["id"] != claim_id],
        )
        for claim_id in claim_ids
        if (claim := claims.get(claim_id)) is not None
    ]


def _said(claim: Mapping[str, Any]) -> tuple[str, str, str]:
    # What is denied or doubted of two things may be worded with another predicate than what is asserted.
    is_finding = claim["kind"] == ClaimKind.BIOLOGICAL
    return claim["subject"], "" if is_finding else claim["predicate"], claim["object"]


def _siblings(
    claims: pl.DataFrame, wanted: Iterable[Mapping[str, Any]]
) -> dict[tuple[str, str, str], list[dict[str, Any]]]:
    pairs = pl.DataFrame(
        sorted({(claim["subject"], claim["object"]) for claim in wanted}),
        schema={"subject": pl.String, "object": pl.String},
        orient="row",
    )
    columns = (
        "id",
        "subject",
        "predicate",
        "object",
        "kind",
        "primary_source",
        "qualifiers",
        "status",
        "confidence",
        "sentence",
    )
    found: dict[tuple[str, str, str], list[dict[str, Any]]] = {}
    rows = claims.join(pairs, on=["subject", "object"], how="semi").select(columns).sort("id")
    for row in rows.to_dicts():
        found.setdefault(_said(row), []).append(row)
    return found
