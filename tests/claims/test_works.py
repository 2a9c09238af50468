"""Identifiers of works in fields, text and addresses."""

from __future__ import annotations

import pytest

from kg.claims.works import curies_of, is_publication, work_of_address, works_in_text
from kg.model import RelatedResource


def test_works_are_found_in_text_once_each_with_their_span() -> None:
    text = "See PMID: 31086362, https://pubmed.ncbi.nlm.nih.gov/33473216/ and https://doi.org/10.1038/nn.4637."
    found = list(works_in_text(text))
    assert [curie for curie, _, _ in found] == ["PMID:31086362", "PMID:33473216", "DOI:10.1038/nn.4637"]
    assert text[found[2][1] : found[2][2]] == "10.1038/nn.4637"


def test_a_resource_is_named_by_its_address_too() -> None:
    resource = RelatedResource(relation="IsDerivedFrom", url="https://dandiarchive.org/dandiset/000026")
    assert curies_of(resource) == ["DANDI:000026"]


@pytest.mark.parametrize(
    ("address", "curie"),
    [
        ("https://dandiarchive.org/dandiset/000026/draft", "DANDI:000026"),
        ("https://doi.org/10.48324/dandi.000026/0.1", "DANDI:000026"),
        ("https://pubmed.ncbi.nlm.nih.gov/31086362/", "PMID:31086362"),
        ("https://doi.org/10.7554/eLife.06619.001", "DOI:10.7554/elife.06619"),
        ("https://example.org/paper", None),
    ],
)
def test_an_address_leads_to_a_work_or_to_none(address: str, curie: str | None) -> None:
    assert work_of_address(address) == curie


@pytest.mark.parametrize(
    ("doi", "kind", "expected"),
    [
        ("10.1038/nn.4637", None, True),
        ("10.5281/zenodo.11266654", None, False),
        ("10.1038/nn.4637", "Software", False),
        ("10.1101/2020.01.17.909838", "Dataset", True),
    ],
)
def test_what_is_a_publication_goes_by_type_and_doi(doi: str, kind: str | None, expected: bool) -> None:
    resource = RelatedResource(relation="Cites", doi=doi, raw_id=doi, name="A work", resource_type=kind)
    assert is_publication(resource) is expected
