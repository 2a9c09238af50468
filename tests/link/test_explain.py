from __future__ import annotations

import pytest

from kg.link.explain import REASONS, Step, explain
from kg.link.lexicon import Row
from kg.link.linker import Linker
from kg.link.primed import PrimedLinker
from kg.link.priors import Document, Priors, add_counts, count_documents
from kg.model.record import Passage, Role
from kg.model.term import Category, Scope

ROWS = [
    Row("UBERON:0002421", Category.REGION, "hippocampus", Scope.LABEL),
    Row("UBERON:0001954", Category.REGION, "dorsal hippocampus", Scope.EXACT),
    Row("UBERON:0001460", Category.REGION, "arm", Scope.LABEL),
    Row("MBA:385", Category.REGION, "VISp", Scope.ABBREVIATION, ("NCBITaxon:10090",)),
    Row("MONDO:0004975", Category.DISEASE, "AD", Scope.EXACT),
    Row("MONDO:0004980", Category.DISEASE, "AD", Scope.EXACT),
    Row("MONDO:0005090", Category.DISEASE, "SCZ", Scope.EXACT),
]


def _passage(text: str) -> Passage:
    return Passage(record_id="r", section="text", role=Role.BODY, text=text)


def _steps(text: str, **options: object) -> list[Step]:
    return explain(Linker.from_rows(ROWS), [_passage(text)], **options)


@pytest.mark.parametrize(
    ("text", "surface", "reason", "detail"),
    [
        ("The hippocampus.", "hippocampus", "made", "label"),
        ("The dorsal hippocampus.", "hippocampus", "longer", "dorsal hippocampus"),
        ("The open arm of the maze.", "arm", "trap", "open arm"),
        ("VISP of mice", "VISP", "case", "VISp"),
        ("VISp of human", "VISp", "species", "NCBITaxon:10090"),
        ("Any DRD (anxious dog, AD) and AD. Air density (AD).", "AD", "defined", "anxious dog, AD"),
        ("SCZ is common.", "SCZ", "undefined", "SCZ"),
    ],
)
def test_reason_of_a_name_is_the_test_that_it_fails(text: str, surface: str, reason: str, detail: str) -> None:
    found = {step.surface: step for step in _steps(text)}
    assert found[surface].reason == reason
    if reason != "defined":
        assert found[surface].detail == detail


def test_what_is_made_is_what_the_linker_makes() -> None:
    text = "Dorsal hippocampus, arm, and the open arm; AD in the hippocampus."
    linker = Linker.from_rows(ROWS)
    made = [(s.start, s.end, s.curie) for s in explain(linker, [_passage(text)]) if s.is_made]
    assert made == [(m.start, m.end, m.curie) for m in linker.link([_passage(text)])]


def test_rivals_of_a_name_are_told() -> None:
    (step,) = _steps("AD is common.")
    assert {step.curie, *step.rivals} == {"MONDO:0004975", "MONDO:0004980"}
    assert not step.is_made


def test_known_species_of_the_record_are_heeded() -> None:
    (step,) = _steps("VISp of human", taxa=["NCBITaxon:10090"])
    assert step.reason in ("undefined", "made")


def test_priors_tell_what_they_refuse() -> None:
    document = Document("a", "an arm, an arm, and the hippocampus", [(((24, 35),), "UBERON:0002421")])
    linker = PrimedLinker(Linker.from_rows(ROWS), Priors(add_counts(count_documents([document]))))
    steps = {step.surface: step for step in explain(linker, [_passage("an arm and the hippocampus")])}
    assert steps["arm"].reason == "prior-below"
    assert steps["hippocampus"].reason == "made"
    assert steps["hippocampus"].detail == "learned"


def test_every_reason_is_a_sentence() -> None:
    for reason in REASONS:
        step = Step("r", "s", 0, 1, "x", "X:1", reason, "detail")
        assert "{" not in step.sentence
