"""The file of relation words."""

from __future__ import annotations

from pathlib import Path

import pytest

from kg.claims.relations import FILE_NAME, read_relation_words, relation_words
from kg.config import curated_dir
from kg.errors import ClaimError
from kg.model import ClaimKind
from kg.model.schema import EDGE_TYPES


def test_every_relation_is_a_biological_predicate() -> None:
    assert {EDGE_TYPES[relation.predicate].kind for relation in relation_words().relations} == {
        ClaimKind.BIOLOGICAL
    }


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        ("predicate: MODEL_OF", "predicate: MADE_OF", "MADE_OF"),
        ("order: around", "order: beside", "beside"),
        ("- seen in", "- seen (in", "regular expression"),
        ("- seen in", "- no", "no text"),
        ("relations:", "relation:", "relations"),
    ],
)
def test_fault_names_its_entry(tmp_path: Path, old: str, new: str, what: str) -> None:
    text = (curated_dir() / FILE_NAME).read_text(encoding="utf-8")
    assert old in text
    path = tmp_path / FILE_NAME
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(ClaimError, match=what) as caught:
        read_relation_words(path)
    assert str(path) in caught.value.where


def test_missing_file_is_a_claim_error(tmp_path: Path) -> None:
    with pytest.raises(ClaimError, match="can't be read"):
        read_relation_words(tmp_path / FILE_NAME)
