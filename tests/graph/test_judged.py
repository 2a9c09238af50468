"""A claim that rests on one piece of evidence is judged as any other is."""

from __future__ import annotations

from typing import Any

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from kg.graph.judged import METHODS, _merged, judge_claims
from kg.model import Polarity

TEXT = ("record_id", "section", "quote", "polarity", "method")
SCHEMA: dict[str, pl.DataType] = {
    "id": pl.String(),
    "claim": pl.UInt32(),
    **{name: pl.String() for name in TEXT},
    "cited": pl.List(pl.String()),
    "weight": pl.Float64(),
    "rank": pl.UInt8(),
    "system": pl.String(),
}
methods = METHODS.select("method", "rank").rows()
pieces = st.tuples(
    st.integers(0, 6),
    st.sampled_from(["PMID:1", "PMID:2", "DOI:10.1/x", "wiki:a/b"]),
    st.sampled_from(["title", "abstract", "keywords/1"]),
    st.sampled_from(["Synapses fail.", "Mice decline.", "It does."]),
    st.sampled_from([polarity.value for polarity in Polarity]),
    st.sampled_from(methods),
    st.lists(st.sampled_from(["PMID:2", "PMID:3"]), max_size=2, unique=True),
    st.sampled_from([0.0, 0.6, 0.63, 0.7225, 0.95]),
    st.sampled_from([None, "animal", "patients"]),
)


def frame(found: list[tuple[Any, ...]]) -> pl.DataFrame:
    rows = []
    for number, (claim, record, section, quote, polarity, (name, rank), cited, weight, system) in enumerate(found):
        rows.append((f"e{number}", claim, record, section, quote, polarity, name, cited, weight, rank, system))
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")


@settings(max_examples=40, deadline=None)
@given(st.lists(pieces, max_size=9))
def test_what_one_piece_comes_to_needs_no_grouping(found: list[tuple[Any, ...]]) -> None:
    given_ = frame(found)
    judged = judge_claims(given_).sort("claim")
    merged = _merged(given_).sort("claim")
    shared = [name for name in merged.columns if name not in ("surest", "rank")]
    assert judged.select(shared).equals(merged.select(shared))
    spelt = merged.join(METHODS.rename({"rank": "surest"}), on="surest", how="left", maintain_order="left")
    assert judged["eco"].to_list() == spelt["eco"].to_list()
    assert set(judged["claim"]) == set(given_["claim"])
