"""The flat view of a build's dataset links."""

from __future__ import annotations

from typing import Any

import polars as pl

from kg.claims.links import links_of

NODES = pl.DataFrame(
    [
        {"id": "DANDI:000001", "label": "Dataset", "xrefs": None},
        {"id": "UBERON:0002435", "label": "BrainRegion", "xrefs": ["MBA:477"]},
        {"id": "MONDO:0005027", "label": "Disease", "xrefs": []},
        {"id": "mechanism:neuroinflammation", "label": "Mechanism", "xrefs": []},
        {"id": "kg:technique", "label": "Technique", "xrefs": []},
    ],
    schema={"id": pl.String, "label": pl.String, "xrefs": pl.List(pl.String)},
)


def rows(*claims: tuple[str, str, str, list[str]]) -> list[dict[str, Any]]:
    table = pl.DataFrame(
        [
            {"subject": "DANDI:000001", "predicate": p, "object": o, "status": s, "qualifiers": q}
            for p, o, s, q in claims
        ],
        schema={
            "subject": pl.String,
            "predicate": pl.String,
            "object": pl.String,
            "status": pl.String,
            "qualifiers": pl.List(pl.String),
        },
    )
    return links_of(table, NODES)


def kinds(*claims: tuple[str, str, str, list[str]]) -> list[tuple[str, str]]:
    return [(row["id"], row["kind"]) for row in rows(*claims)]


def test_row_has_the_equivalent_ids_of_its_term() -> None:
    assert rows(("RECORDS_FROM", "UBERON:0002435", "asserted", [])) == [
        {
            "dataset": "DANDI:000001",
            "type": "region",
            "id": "UBERON:0002435",
            "kind": "recorded",
            "xrefs": ["MBA:477"],
        }
    ]


def test_status_and_qualifier_tell_the_kind() -> None:
    assert kinds(("RELEVANT_TO", "MONDO:0005027", "asserted", [])) == [("MONDO:0005027", "studied")]
    assert kinds(("RELEVANT_TO", "MONDO:0005027", "negated", [])) == [("MONDO:0005027", "negated")]
    assert kinds(("MENTIONS", "MONDO:0005027", "asserted", ["link_kind=control_only"])) == [
        ("MONDO:0005027", "control_only")
    ]
    assert kinds(("MENTIONS", "UBERON:0002435", "asserted", [])) == [("UBERON:0002435", "mentioned")]


def test_strongest_kind_of_a_term_is_given_once() -> None:
    assert kinds(
        ("MENTIONS", "MONDO:0005027", "asserted", []), ("RELEVANT_TO", "MONDO:0005027", "asserted", [])
    ) == [("MONDO:0005027", "studied")]


def test_technique_and_mechanism_in_passing_have_no_row() -> None:
    assert not kinds(
        ("USES_TECHNIQUE", "kg:technique", "asserted", []),
        ("MENTIONS", "mechanism:neuroinflammation", "asserted", []),
    )
