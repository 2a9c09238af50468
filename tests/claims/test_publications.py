"""Which work a record means, and what it has to do with it."""

from __future__ import annotations

import pytest
from claim_helpers import article, dataset, page

from kg.claims.publications import PublicationIndex, Tie, describing_ids, ties_of
from kg.model import Reference, RelatedResource


def related(relation: str | None, doi: str | None = None, **fields: str) -> RelatedResource:
    return RelatedResource(relation=relation, doi=doi, raw_id=doi, name="A work", **fields)


def test_pmid_stands_for_a_doi_that_the_snapshot_knows() -> None:
    index = PublicationIndex([article("5", doi="10.1038/nn.4637")])
    assert index.canonical("DOI:10.1038/NN.4637") == "PMID:5"
    assert index.canonical("DOI:10.1038/nn.1") == "DOI:10.1038/nn.1"


@pytest.mark.parametrize(
    "relation",
    ["IsDescribedBy", "Describes", "IsSupplementTo", "IsSupplementedBy", "IsPublishedIn", "IsPartOf"],
)
def test_relations_that_are_used_as_one_all_describe(relation: str) -> None:
    record = dataset(related=(related(relation, "10.1038/nn.4637"),))
    assert describing_ids(record, PublicationIndex([])) == ["DOI:10.1038/nn.4637"]


@pytest.mark.parametrize(
    ("relation", "tie"),
    [("IsDerivedFrom", Tie.CITES), ("IsCitedBy", Tie.CITED_BY), (None, Tie.CITES), ("Cites", Tie.CITES)],
)
def test_other_relations_describe_nothing(relation: str | None, tie: Tie) -> None:
    record = dataset(related=(related(relation, "10.1038/nn.4637"),))
    assert [found.tie for found in ties_of(record, PublicationIndex([]))] == [tie]


@pytest.mark.parametrize(
    "doi", ["10.5281/zenodo.11266654", "10.6084/m9.figshare.24921252", "10.5061/dryad.d2547d840"]
)
def test_repository_describes_nothing(doi: str) -> None:
    assert not describing_ids(dataset(related=(related("IsDescribedBy", doi),)), PublicationIndex([]))


def test_software_describes_nothing() -> None:
    resource = related("IsDescribedBy", "10.1038/nn.4637", resource_type="Software")
    assert not describing_ids(dataset(related=(resource,)), PublicationIndex([]))


def test_dandiset_among_the_resources_is_cited() -> None:
    resource = RelatedResource(relation="IsDerivedFrom", url="https://dandiarchive.org/dandiset/000026")
    (found,) = ties_of(dataset(related=(resource,)), PublicationIndex([]))
    assert (found.curie, found.tie) == ("DANDI:000026", Tie.CITES)


@pytest.mark.parametrize(
    ("text", "tie"),
    [
        ("For more details see the related paper: https://doi.org/10.1038/nn.4637", Tie.DESCRIBED_BY),
        ("Data used in Someone et al. (doi:10.1038/nn.4637).", Tie.DESCRIBED_BY),
        ("The task follows 10.1038/nn.4637.", Tie.CITES),
    ],
)
def test_doi_in_a_description_describes_only_where_the_words_say_so(text: str, tie: Tie) -> None:
    (found,) = ties_of(dataset(description=text), PublicationIndex([]))
    assert (found.curie, found.tie) == ("DOI:10.1038/nn.4637", tie)
    assert found.quote == text[found.start : found.end]


def test_field_wins_over_the_description() -> None:
    record = dataset(
        description="The task follows 10.1038/nn.4637.",
        related=(related("IsDescribedBy", "10.1038/nn.4637"),),
    )
    assert [found.tie for found in ties_of(record, PublicationIndex([]))] == [Tie.DESCRIBED_BY]


def test_preprint_and_repository_are_not_peer_reviewed() -> None:
    index = PublicationIndex(
        [article("5", publication_types=("Preprint",)), article("6", publication_types=("Journal Article",))]
    )
    reviewed = {
        c: index.is_peer_reviewed(c)
        for c in ("PMID:5", "PMID:6", "PMID:7", "DOI:10.1101/2020.01.17.909838", "DOI:10.1038/nn.4637")
    }
    assert list(reviewed.values()) == [False, True, True, False, True]


def test_index_wants_what_the_snapshot_has_or_somebody_names() -> None:
    wiki = page("mechanisms/x", references=(Reference(key="a", pmid="8"),))
    index = PublicationIndex([article("5"), dataset(related=(related("Cites", "10.1038/nn.4637"),)), wiki])
    assert [index.is_wanted(c) for c in ("PMID:5", "PMID:8", "DOI:10.1038/nn.4637", "PMID:99")] == [
        True,
        True,
        True,
        False,
    ]
