from __future__ import annotations

import pytest

from kg.link.lexicon import Case, Row, compile_entries
from kg.model.term import Category, Scope


def entries_of(*rows: Row) -> dict[str, list[tuple[str, str, Case]]]:
    compiled = compile_entries(rows, scopes=[Scope.LABEL, Scope.EXACT])
    return {key: [(e.curie, e.surface, e.case) for e in entries] for key, entries in compiled.items()}


@pytest.mark.parametrize(
    ("label", "short"),
    [
        ("catastrophic antiphospholipid syndrome", "caps"),
        ("congenital isolated hyperinsulinism", "chi"),
        ("Fanconi anemia complementation group E", "face"),
    ],
)
def test_acronym_in_lower_case_is_an_acronym(label: str, short: str) -> None:
    found = entries_of(
        Row("MONDO:1", Category.DISEASE, label, Scope.LABEL), Row("MONDO:1", Category.DISEASE, short, Scope.EXACT)
    )
    assert found[short] == [("MONDO:1", short.upper(), Case.SAME)]
    assert "facial" not in found


@pytest.mark.parametrize(("label", "short"), [("influenza", "flu"), ("acne", "acne"), ("gouty arthritis", "gout")])
def test_short_word_of_its_label_stays_a_word(label: str, short: str) -> None:
    found = entries_of(
        Row("MONDO:1", Category.DISEASE, label, Scope.LABEL), Row("MONDO:1", Category.DISEASE, short, Scope.EXACT)
    )
    assert found[short][0][2] is Case.WORD


def test_a_curated_mechanism_is_never_shortened_as_a_process_of_go_is() -> None:
    ours = Row("mechanism:dna-damage-repair-deficit", Category.MECHANISM, "DNA lesion", Scope.EXACT)
    theirs = Row("GO:1", Category.MECHANISM, "protein phosphorylation", Scope.LABEL)
    assert "lesion" not in entries_of(ours)
    assert "phosphorylation" in entries_of(theirs)
