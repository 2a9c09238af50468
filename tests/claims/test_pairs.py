"""Pairs as JSON lines."""

from __future__ import annotations

import json

import pytest

from kg.claims.pairs import judge_pairs
from kg.errors import ClaimError

ROW = {
    "pair": "P1",
    "sentence": "Gliosis may cause pain in mice.",
    "subject": {"start": 0, "end": 7},
    "object": {"start": 18, "end": 22},
}


def test_each_pair_gets_its_row_and_empty_lines_none() -> None:
    assert list(judge_pairs([json.dumps(ROW), "", json.dumps(ROW | {"pair": 2})], "x")) == [
        {"pair": "P1", "label": "speculative", "direction": "contributes_to", "trigger": "cause", "species": "mouse"},
        {"pair": "2", "label": "speculative", "direction": "contributes_to", "trigger": "cause", "species": "mouse"},
    ]


def test_pair_without_a_statement_is_none() -> None:
    row = ROW | {"sentence": "Gliosis, and also pain."}
    assert next(judge_pairs([json.dumps(row)], "x"))["label"] == "none"


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("{", "no JSON"),
        ("[]", "no pair"),
        (json.dumps({"pair": 1}), "no pair"),
        (json.dumps(ROW | {"subject": {"start": 5, "end": 900}}), "'subject' has no offsets"),
        (json.dumps(ROW | {"object": "pain"}), "'object' has no offsets"),
    ],
)
def test_fault_names_its_line(line: str, what: str) -> None:
    with pytest.raises(ClaimError, match=what) as caught:
        list(judge_pairs([json.dumps(ROW), line], "pairs.jsonl"))
    assert caught.value.where == "pairs.jsonl:2"
