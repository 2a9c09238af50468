"""Whose key is whose reference."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kg.harvest.references import name_entries, parse_reference, parse_refs


def test_refs_json_is_read_as_mapping_text_or_list() -> None:
    entry = {
        "authors": ["Rübel O", "Tritt A"],
        "title": "An ecosystem",
        "journal": None,
        "year": 2022,
        "pmid": "PMID: 36193886",
    }
    for raw in ({"rubel2022": entry}, '{"rubel2022": {"pmid": 36193886}}', [{**entry, "key": "rubel2022"}]):
        references, complaints = parse_refs(raw)
        assert (references["rubel2022"].curie, complaints) == ("PMID:36193886", [])
    assert parse_refs({"rubel2022": entry})[0]["rubel2022"].authors == "Rübel O, Tritt A"


@pytest.mark.parametrize("entry", [None, {}, {"authors": None, "pmid": None}, {"authors": "Unknown", "title": "n/a"}])
def test_sparse_reference_resolves_to_nothing(entry: object) -> None:
    reference = parse_refs({"x": entry})[0]["x"]
    assert (reference.curie, reference.authors, reference.title) == (None, None, None)


@pytest.mark.parametrize(
    ("entry", "curie"),
    [
        ({"doi": "https://doi.org/10.1000/ABC"}, "DOI:10.1000/abc"),
        ({"url": "https://pubmed.ncbi.nlm.nih.gov/123/"}, "PMID:123"),
        ({"pmid": "00123"}, "PMID:123"),
        ({"pmid": 123.0}, None),
        ({"pmid": True}, None),
        ({"pmid": "123456789"}, None),
        ({"pmid": "PMC123"}, None),
        ("Smith 2020. doi:10.1000/abc", "DOI:10.1000/abc"),
    ],
)
def test_identifier_is_found_or_left_out(entry: object, curie: str | None) -> None:
    assert parse_refs({"x": entry})[0]["x"].curie == curie


@pytest.mark.parametrize("raw", ["{", "7", 7, [7], {"x": 7}, {"x": [1]}])
def test_what_is_no_mapping_is_said_or_empty(raw: object) -> None:
    references, _ = parse_refs(raw)
    assert references == {}


def test_written_reference_is_taken_apart() -> None:
    reference = parse_reference(
        "1", "[Doe et al., A title, with comma (2019) (2019)](https://pubmed.ncbi.nlm.nih.gov/42/)"
    )
    assert (reference.authors, reference.title, reference.year) == ("Doe et al.", "A title, with comma", "2019")
    assert reference.curie == "PMID:42"


def test_unknown_authors_are_none() -> None:
    reference = parse_reference("1", "Unknown, Some archive, A page (n.d.)")
    assert (reference.authors, reference.year, reference.curie) == (None, None, None)


def _keys(texts: list[str], keys: list[str]) -> list[str]:
    return [entry.key for entry in name_entries([parse_reference("", text) for text in texts], keys)]


def test_keys_are_first_word_and_year_with_letters_for_the_next() -> None:
    texts = [
        "Unknown, Allen Institute, One (n.d.)",
        "de Vries et al., Two (2019)",
        "Unknown, Allen Institute, Three (n.d.)",
    ]
    assert _keys(texts, []) == ["allen", "de2019", "allena"]


def test_key_matches_by_beginning_of_name_and_year_only() -> None:
    assert _keys(["Pierré et al., A (2024)"], ["pierr2024"]) == ["pierr2024"]
    assert _keys(["Pierré et al., A (2024)"], ["pierr2023"]) == ["pierre2024"]
    assert _keys(["Pierré et al., A (2024)"], ["smith2024"]) == ["pierre2024"]


def test_ambiguous_key_matches_nothing() -> None:
    assert _keys(["Smithson, A (2020)", "Smithers, B (2020)"], ["smith2020"]) == ["smithson2020", "smithers2020"]


@given(st.lists(st.text(max_size=40), max_size=5), st.lists(st.text(max_size=10), max_size=5))
def test_every_entry_gets_a_key_and_keeps_its_text(texts: list[str], keys: list[str]) -> None:
    entries = [parse_reference("", text) for text in texts]
    named = name_entries(entries, keys)
    assert [entry.text for entry in named] == [entry.text for entry in entries]
    assert all(entry.key for entry in named)
