"""What sort of study a record is, and in what it found things."""

from __future__ import annotations

import pytest
from claim_helpers import article, page

from kg.claims.studies import Study, StudyKind, System, studies_of, study_of, system_of
from kg.model import MeshHeading


@pytest.mark.parametrize(
    ("types", "kind"),
    [
        (("Journal Article",), StudyKind.PRIMARY),
        (("Journal Article", "Review"), StudyKind.REVIEW),
        (("Journal Article", "Meta-Analysis", "Review"), StudyKind.PRIMARY),
        (("Systematic Review",), StudyKind.PRIMARY),
        (("Journal Article", "Comment"), StudyKind.OPINION),
        (("Preprint",), StudyKind.PREPRINT),
        (("Case Reports", "Journal Article"), StudyKind.CASE),
        (("Journal Article", "Retracted Publication"), StudyKind.RETRACTED),
        ((), StudyKind.UNKNOWN),
    ],
)
def test_publication_types_tell_the_sort_of_study(types: tuple[str, ...], kind: StudyKind) -> None:
    assert study_of(article("1", publication_types=types)).kind is kind


@pytest.mark.parametrize(
    ("title", "mesh", "abstract", "system"),
    [
        ("Gliosis in transgenic mice", ("Humans",), "", System.ANIMAL),
        ("Gliosis in patients", ("Animals", "Mice"), "", System.HUMAN),
        ("Gliosis and loss of synapses", ("Animals", "Mice"), "", System.ANIMAL),
        ("Gliosis and loss of synapses", ("Humans",), "", System.HUMAN),
        ("Gliosis and loss of synapses", ("Animals", "Humans"), "", System.MIXED),
        (
            "Gliosis and loss of synapses",
            ("Disease Models, Animal", "Humans"),
            "Rats had gliosis.",
            System.ANIMAL,
        ),
        ("Gliosis and loss of synapses", (), "We used cultured astrocytes.", System.CELLS),
        ("Gliosis and loss of synapses", (), "It is common.", None),
    ],
)
def test_title_then_mesh_then_abstract_tell_the_system(
    title: str, mesh: tuple[str, ...], abstract: str, system: System | None
) -> None:
    headings = tuple(MeshHeading(curie=f"MESH:D{n:06}", name=name) for n, name in enumerate(mesh))
    texts = {"abstract": abstract} if abstract else {}
    assert study_of(article("1", title=title, mesh=headings, **texts)).system is system


@pytest.mark.parametrize(
    ("quote", "system"),
    [
        ("Synapses are lost in 5xFAD mice.", System.ANIMAL),
        ("Synapses are lost in patients.", System.HUMAN),
        ("Synapses are lost in iPSC-derived neurons.", System.CELLS),
        ("Synapses are lost in patients and in mice.", System.MIXED),
        ("Synapses are lost.", System.HUMAN),
    ],
)
def test_a_quote_s_own_words_win_over_its_record(quote: str, system: System) -> None:
    assert system_of(quote, Study(StudyKind.PRIMARY, System.HUMAN)) is system


def test_a_page_tells_what_others_found_and_a_dataset_is_no_study() -> None:
    from claim_helpers import dataset

    found = studies_of([page("mechanisms/x"), dataset(), article("1")])
    assert found["wiki:mechanisms/x"] == Study(StudyKind.SECONDARY)
    assert set(found) == {"wiki:mechanisms/x", "PMID:1"}
