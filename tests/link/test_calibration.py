from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kg.errors import LinkError
from kg.link.calibration import (
    Calibration,
    Case,
    Reach,
    calibration_error,
    case_of,
    counts_text,
    deciles,
    default_calibration,
    read_counts,
)
from kg.link.lexicon import Row
from kg.link.linker import Linker
from kg.model.term import Category, Scope

NEURON = case_of(Reach.LEXICON, "CL:0000540", "label", "neuron", 0.95)


def test_score_of_a_common_case_is_the_share_that_is_right() -> None:
    calibration = Calibration([(NEURON, 1000, 700), (NEURON._replace(method="adjective"), 1000, 300)])
    assert calibration.score(Reach.LEXICON, "CL:1", "label", "rod", 0.95) == pytest.approx(0.7, abs=0.01)
    assert calibration.score(Reach.LEXICON, "CL:1", "adjective", "rod", 0.95) == pytest.approx(0.3, abs=0.01)


def test_rare_case_leans_on_the_wider_one() -> None:
    calibration = Calibration([(NEURON, 1000, 900), (NEURON._replace(method="verb"), 1, 0)])
    assert 0.6 < calibration.score(Reach.LEXICON, "CL:1", "verb", "rod", 0.95) < 0.9


def test_vocabulary_that_was_never_counted_keeps_its_scores() -> None:
    assert Calibration([(NEURON, 9, 9)]).score(Reach.LEXICON, "X:1", "label", "rod", 0.63) == 0.63
    assert Calibration([(NEURON, 9, 9)]).score(Reach.VOCABULARIES, "CL:1", "label", "rod", 0.63) == 0.63


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans())))
def test_deciles_have_every_mention_once(judged: list[tuple[float, bool]]) -> None:
    rows = deciles(judged)
    assert sum(row.mentions for row in rows) == len(judged)
    assert sum(row.right for row in rows) == sum(right for _, right in judged)
    assert 0 <= calibration_error(rows) <= 1.001


def test_counts_survive_their_table(tmp_path: Path) -> None:
    counts = [(NEURON, 5, 3), (Case("vocabularies", "MONDO", "exact", "word", 9), 7, 7)]
    path = tmp_path / "calibration.tsv"
    path.write_text(counts_text(counts, "Where from.\nSecond line."), encoding="utf-8")
    assert sorted(read_counts(path)) == sorted(counts)
    path.write_text("reach\tonly\n", encoding="utf-8")
    with pytest.raises(LinkError, match="its columns are"):
        read_counts(path)


def test_linker_gives_calibrated_scores_and_drops_by_the_rules_own() -> None:
    linker = Linker.from_rows([Row("CL:0000540", Category.CELL_TYPE, "neuron", Scope.LABEL)])
    linker.calibration = Calibration([(NEURON, 1000, 200)])
    (mention,) = linker.link_text("A neuron.")
    assert mention.score == pytest.approx(0.2, abs=0.01)


def test_table_of_the_package_is_read() -> None:
    score = default_calibration().score(Reach.LEXICON, "CL:0000540", "label", "neuron", 0.95)
    assert 0.7 < score < 1
