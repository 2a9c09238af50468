"""Finding the node that a user means."""

from __future__ import annotations

import polars as pl
import pytest

from kg.errors import QueryError
from kg.graph.inspect import Found, find_named

TERM = ("UBERON:0002421", "BrainRegion", "hippocampal formation", ["hippocampus", "HPF"])
PAGE = ("wiki:brain-regions/hippocampus", "WikiPage", "Hippocampus", [])
TALK = ("wiki:talks/hippocampus", "WikiPage", "Hippocampus", [])
DATASET = ("DANDI:000001", "Dataset", "Hippocampus", [])
OTHER = ("MBA:375", "BrainRegion", "Ammon's horn", ["hippocampus"])


def tables(*nodes: tuple[str, str, str, list[str]]) -> dict[str, pl.DataFrame]:
    schema = {"id": pl.String, "label": pl.String, "name": pl.String, "synonyms": pl.List(pl.String)}
    claims = pl.DataFrame({"id": ["claim:1"]})
    return {"nodes": pl.DataFrame(list(nodes), schema=schema, orient="row"), "claims": claims}


def test_a_term_wins_over_the_page_of_its_name_or_synonym() -> None:
    assert find_named(tables(TERM, PAGE), "hippocampus") == Found(TERM[0], (PAGE[0],))
    named = ("CL:1", "CellType", "hippocampus", [])
    assert find_named(tables(named, PAGE, TALK), "Hippocampus") == Found("CL:1", (PAGE[0], TALK[0]))


def test_a_page_is_found_by_its_name_where_no_one_term_has_it() -> None:
    assert find_named(tables(PAGE), "hippocampus") == Found(PAGE[0])
    assert find_named(tables(TERM, OTHER, PAGE), "hippocampus") == Found(PAGE[0])


def test_a_name_wins_over_a_synonym() -> None:
    assert find_named(tables(TERM, DATASET), "hippocampus") == Found(DATASET[0])


@pytest.mark.parametrize("nodes", [(PAGE, TALK), (TERM, OTHER), (TERM, OTHER, PAGE, TALK)])
def test_several_of_one_name_are_told_apart_by_their_ids(nodes: tuple[tuple[str, str, str, list[str]], ...]) -> None:
    with pytest.raises(QueryError, match="more than one node is called 'hippocampus'") as caught:
        find_named(tables(*nodes), "hippocampus")
    assert nodes[-1][0] in caught.value.mend


def test_ids_and_claims_are_found_by_themselves() -> None:
    assert find_named(tables(TERM), "uberon_0002421") == Found(TERM[0])
    assert find_named(tables(TERM), "claim:1") == Found("claim:1")


def test_a_misspelt_name_is_answered_with_those_that_are_spelt_nearly_so() -> None:
    disease = ("MONDO:0004975", "Disease", "Alzheimer disease", [])
    with pytest.raises(QueryError) as caught:
        find_named(tables(disease, TERM), "alzheimer's disease")
    assert caught.value.mend == "name one by its id: MONDO:0004975 (Alzheimer disease)"
    with pytest.raises(QueryError, match="no node is called 'quasar'"):
        find_named(tables(disease, TERM), "quasar")
