"""Tables in the order of their ids, whatever the ids look like and however often they stand there."""

from __future__ import annotations

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from kg.graph.tables import may_repeat, one_an_id, sort_by_id

HASHES = st.integers(0, 40).map(lambda number: f"claim:{number:016x}{number % 3:08x}")
#: Ids whose first sixteen digits are the same, and ids that are no hashes.
ALIKE = st.sampled_from(["claim:" + "0" * 16 + "a", "claim:" + "0" * 16 + "b", "claim:" + "0" * 16])
NAMES = st.sampled_from(["PMID:1", "wiki:a/b", "UBERON:0000955", "claim:zz"])


def table_of(ids: list[str]) -> pl.DataFrame:
    """Make a table in several pieces, whose rows of one id are alike."""
    frame = pl.DataFrame({"id": ids, "of": [f"row of {name}" for name in ids]}, schema={"id": str, "of": str})
    return pl.concat([frame.head(len(ids) // 2), frame.tail(len(ids) - len(ids) // 2)], rechunk=False)


@settings(max_examples=60, deadline=None)
@given(st.lists(HASHES | ALIKE | NAMES) | st.lists(HASHES))
def test_rows_are_sorted_by_their_ids_and_kept_once(ids: list[str]) -> None:
    table = table_of(ids)
    assert sort_by_id(table)["id"].to_list() == sorted(ids)
    once = one_an_id(table)
    assert once["id"].to_list() == sorted(set(ids))
    assert once["of"].to_list() == [f"row of {name}" for name in sorted(set(ids))]


@settings(max_examples=60, deadline=None)
@given(st.lists(HASHES | ALIKE | NAMES) | st.lists(HASHES, unique=True))
def test_every_id_that_stands_there_twice_is_told(ids: list[str]) -> None:
    told = may_repeat(pl.Series("id", ids, dtype=pl.String))
    twice = [ids.count(name) > 1 for name in ids]
    if told is None:
        assert not any(twice)
    else:
        assert all(found for found, is_twice in zip(told, twice, strict=True) if is_twice)
