"""CURIEs and DOIs in the spellings that records use."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kg.model.curie import find_dois, iri_of, normalise_curie, normalise_doi, prefix_map


@pytest.mark.parametrize(
    ("raw", "curie"),
    [
        ("UBERON:0002436", "UBERON:0002436"),
        ("uberon_0002436", "UBERON:0002436"),
        ("obo:UBERON_0002436", "UBERON:0002436"),
        ("http://purl.obolibrary.org/obo/UBERON_0002436", "UBERON:0002436"),
        ("http://purl.obolibrary.org/obo/NCBITaxon_10090", "NCBITaxon:10090"),
        ("https://www.ncbi.nlm.nih.gov/taxonomy/9606", "NCBITaxon:9606"),
        ("SCTID:73211009", "SNOMEDCT:73211009"),
        ("http://snomed.info/id/73211009", "SNOMEDCT:73211009"),
        ("https://orcid.org/0000-0002-7154-6292", "ORCID:0000-0002-7154-6292"),
        ("https://ror.org/00f54p054", "ROR:00f54p054"),
        ("https://pubmed.ncbi.nlm.nih.gov/31086362/", "PMID:31086362"),
        ("DOI: 10.1038/S41593-021-00816-6", "DOI:10.1038/s41593-021-00816-6"),
    ],
)
def test_an_identifier_has_one_spelling(raw: str, curie: str) -> None:
    assert normalise_curie(raw) == curie


@pytest.mark.parametrize("raw", ["", "  ", "hippocampus", "https://example.org/x", "UBERON:", "mouse: lab", "10090"])
def test_what_is_no_identifier_is_never_guessed(raw: str) -> None:
    assert normalise_curie(raw) is None


@pytest.mark.parametrize(
    ("raw", "doi"),
    [
        ("10.1016/j.neuron.2018.11.002", "10.1016/j.neuron.2018.11.002"),
        ("doi:10.1016/J.NEURON.2018.11.002\t", "10.1016/j.neuron.2018.11.002"),
        ("DOI: 10.1016/j.neuron.2018.11.002.", "10.1016/j.neuron.2018.11.002"),
        ("https://doi.org/10.1016/j.neuron.2018.11.002", "10.1016/j.neuron.2018.11.002"),
        ("T. D.10.1016/j.neuron.2018.10.003 ", "10.1016/j.neuron.2018.10.003"),
        ("https://www.biorxiv.org/content/10.1101/2021.03.04.433823v2", "10.1101/2021.03.04.433823"),
        ("(see 10.1002/(sici)1096-9861)", "10.1002/(sici)1096-9861"),
        ("1810.11393", None),
        ("Paper", None),
    ],
)
def test_a_doi_is_found_however_it_is_written(raw: str, doi: str | None) -> None:
    assert normalise_doi(raw) == doi


def test_each_doi_of_a_text_is_found_once() -> None:
    text = "Described in 10.1/x, doi:10.1234/abc.d; and https://doi.org/10.1234/ABC.D (again)."
    assert find_dois(text) == ["10.1234/abc.d"]


@given(st.sampled_from(sorted(set(prefix_map()) - {"DOI"})), st.from_regex(r"[0-9]{1,9}", fullmatch=True))
def test_a_curie_survives_its_iri(prefix: str, identifier: str) -> None:
    curie = f"{prefix}:{identifier}"
    iri = iri_of(curie)
    assert iri is not None
    assert normalise_curie(iri) == curie


@given(st.text(max_size=200))
def test_normalising_is_idempotent_and_never_fails(raw: str) -> None:
    curie = normalise_curie(raw)
    assert curie is None or normalise_curie(curie) == curie
