"""The same figures as the tools that the corpora come with, on our own fixtures and on real ones."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from kg.errors import LinkError
from kg.link.annotated import read_gold
from kg.link.evaluate import (
    Evaluation,
    GoldKind,
    evaluate_claims,
    evaluate_links,
    evaluate_spans,
    gold_kind,
    read_predictions,
    read_rows,
)

GOLD = "\n".join(
    [
        "doc\tspans\tcurie\tsurface\tsplit",
        "d1\t0-5\tCL:1\ta rod\tdev",
        "d1\t9-12\tCL:2\trod\tdev",
        "d1\t20-23;30-35\tCL:3\trod .. cells\tdev",
        "d2\t\t\t\tdev",
        'd3\t4-9\tCL:1\t"x\ttrain',
        "",
    ]
)
PREDICTED = "d1\t0\t5\tCL:1\nd1\t9\t12\tCL:9\nd2\t1\t2\tCL:1\nd9\t1\t2\tCL:1\nd1\t0\t5\tCL:1\n\n"
LINKS_GOLD = [
    {
        "dataset": "DANDI:1",
        "links": [
            {"type": "region", "ids": ["U:1", "U:2"], "label": "x", "kind": "recorded", "required": True},
            {"type": "region", "ids": ["U:3"], "label": "y", "kind": "recorded", "required": True, "coarser": ["U:4"]},
            {"type": "region", "ids": ["U:7"], "label": "z", "kind": "either", "required": False},
            {"type": "disease", "ids": ["M:1"], "label": "x", "kind": "studied", "required": True},
            {"type": "disease", "ids": ["M:2"], "label": "y", "kind": "mentioned", "required": True},
        ],
    },
    {"dataset": "DANDI:2", "links": []},
]
LINKS = [
    {"dataset": "DANDI:1", "type": "region", "id": "A:1", "kind": "mentioned", "xrefs": ["U:2"]},
    {"dataset": "DANDI:1", "type": "region", "id": "U:4", "kind": "recorded"},
    {"dataset": "DANDI:1", "type": "disease", "id": "M:2", "kind": "studied"},
    {"dataset": "DANDI:2", "type": "disease", "id": "M:9", "kind": "studied"},
    {"dataset": "DANDI:2", "type": "species", "id": "N:9"},
]
CLAIMS_GOLD = [
    {"pair": "P1", "label": "asserted", "direction": "a", "claim_kind": "biological"},
    {"pair": "P2", "label": "asserted", "direction": "b", "claim_kind": "biological"},
    {"pair": "P3", "label": "negated", "direction": "b", "claim_kind": "biological"},
    {"pair": "P4", "label": "none", "direction": "", "claim_kind": "resource"},
    {"pair": "P5", "label": "none", "direction": "", "claim_kind": "biological"},
]
JUDGED = [
    {"pair": "P1", "label": "asserted", "direction": "b"},
    {"pair": "P2", "label": "asserted", "direction": "b"},
    {"pair": "P3", "label": "speculative"},
    {"pair": "P4", "label": "asserted"},
]


def _write(path: Path, rows: list[dict]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def _tool(shared_dir: Path, name: str, *arguments: object) -> str:
    command = [sys.executable, str(shared_dir / "tools" / name), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def _figures(said: str) -> dict[str, list[str]]:
    """Read 'strict P 0.1  R 0.2  F1 0.3  (4 …' lines by their first word."""
    return {
        line.split()[0]: re.findall(r"(?:P|R|F1) (\d\.\d{3})", line) for line in said.splitlines() if " F1 " in line
    }


def _ours(result: Evaluation) -> dict[str, list[str]]:
    return {name: [f"{s.precision:.3f}", f"{s.recall:.3f}", f"{s.f1:.3f}"] for name, s in result.scores.items()}


@pytest.fixture
def gold(tmp_path: Path) -> Path:
    (tmp_path / "gold.tsv").write_text(GOLD, encoding="utf-8")
    return tmp_path / "gold.tsv"


@pytest.fixture
def predicted(tmp_path: Path) -> Path:
    (tmp_path / "predicted.tsv").write_text(PREDICTED, encoding="utf-8")
    return tmp_path / "predicted.tsv"


def test_mentions_are_scored_by_span_and_id(gold: Path, predicted: Path) -> None:
    scores = evaluate_spans(read_gold(gold, split="dev"), read_predictions(predicted)).scores
    assert scores["strict"] == (1, 3, 3)
    assert scores["span"] == (2, 3, 3)
    assert scores["doc"] == (1, 3, 3)


def test_discontinuous_mentions_of_json_lines_can_be_right(gold: Path, tmp_path: Path) -> None:
    row = {"record_id": "d1", "start": 20, "end": 35, "curie": "CL:3", "parts": [[20, 23], [30, 35]], "score": 0.4}
    found = read_predictions(_write(tmp_path / "p.jsonl", [row]))
    assert evaluate_spans(read_gold(gold, split="dev"), found).scores["strict"].hits == 1


def test_figures_of_mentions_equal_the_tools(shared_dir: Path, gold: Path, predicted: Path) -> None:
    for split in ("dev", "train"):
        said = _tool(shared_dir, "score_spans.py", gold, predicted, "--split", split)
        assert _figures(said) == _ours(evaluate_spans(read_gold(gold, split=split), read_predictions(predicted)))
    said = _tool(shared_dir, "score_spans.py", gold, predicted, "--no-ids")
    assert _figures(said) == _ours(evaluate_spans(read_gold(gold), read_predictions(predicted), with_ids=False))


@pytest.mark.shared
def test_figures_of_mentions_equal_the_tools_on_a_real_corpus(shared_dir: Path, tmp_path: Path) -> None:
    path = shared_dir / "data" / "craft" / "gold_CL.tsv.gz"
    every_third = list(read_gold(path, split="dev").mentions)[::3]
    rows = [f"{doc}\t{s[0][0]}\t{s[-1][1] + (n % 2)}\t{curie}" for n, (doc, s, curie) in enumerate(every_third)]
    predicted = tmp_path / "p.tsv"
    predicted.write_text("\n".join(rows) + "\n", encoding="utf-8")
    said = _tool(shared_dir, "score_spans.py", path, predicted, "--split", "dev")
    assert _figures(said) == _ours(evaluate_spans(read_gold(path, split="dev"), read_predictions(predicted)))


def test_figures_of_links_equal_the_tools(shared_dir: Path, tmp_path: Path) -> None:
    gold, links = _write(tmp_path / "gold.jsonl", LINKS_GOLD), _write(tmp_path / "links.jsonl", LINKS)
    said = _tool(shared_dir, "score_links.py", gold, links)
    result = evaluate_links(read_rows(gold), read_rows(links))
    assert _figures(said) == _ours(result)
    assert f"right {result.figures['kinds right']} of {result.figures['kinds']}" in said


@pytest.mark.shared
def test_figures_of_links_equal_the_tools_on_real_gold(shared_dir: Path, tmp_path: Path) -> None:
    gold = shared_dir / "data" / "gold" / "dandi-links.dev.jsonl"
    wanted = read_rows(gold)
    links = [
        {"dataset": row["dataset"], "type": link["type"], "id": link["ids"][-1], "kind": "studied"}
        for row in wanted
        for number, link in enumerate(row["links"])
        if number % 3 and link["ids"]
    ]
    path = _write(tmp_path / "links.jsonl", [*links, {**links[0], "id": "X:1"}])
    result = evaluate_links(wanted, read_rows(path))
    said = _tool(shared_dir, "score_links.py", gold, path)
    assert _figures(said) == _ours(result)
    assert f"right {result.figures['kinds right']} of {result.figures['kinds']}" in said


@pytest.mark.parametrize("real", [False, pytest.param(True, marks=pytest.mark.shared)])
def test_figures_of_claims_equal_the_tools(shared_dir: Path, tmp_path: Path, real: bool) -> None:
    gold, judged = _write(tmp_path / "gold.jsonl", CLAIMS_GOLD), _write(tmp_path / "judged.jsonl", JUDGED)
    if real:
        gold = shared_dir / "data" / "gold" / "claim-labels.dev.jsonl"
        rows = [{"pair": row["pair"], "label": "asserted", "direction": "affected_in"} for row in read_rows(gold)]
        judged = _write(tmp_path / "judged.jsonl", rows[::2])
    said = _tool(shared_dir, "score_claims.py", gold, judged)
    result = evaluate_claims(read_rows(gold), read_rows(judged))
    figures = _figures(said)
    accuracy = figures.pop("accuracy")
    assert figures == _ours(result)
    assert accuracy == [f"{result.figures['macro F1']:.3f}"]
    assert f"accuracy     {result.figures['accuracy']:.3f}" in said
    assert f"direction    {result.figures['direction']:.3f}" in said
    assert f"taken for biology: {result.figures['resource sentences taken for biology']}" in said


def test_kind_of_gold_is_told_by_its_form(gold: Path, tmp_path: Path) -> None:
    assert gold_kind(gold) is GoldKind.SPANS
    assert gold_kind(_write(tmp_path / "l.jsonl", LINKS_GOLD)) is GoldKind.LINKS
    assert gold_kind(_write(tmp_path / "c.jsonl", CLAIMS_GOLD)) is GoldKind.CLAIMS
    (tmp_path / "other").write_text("a,b\n", encoding="utf-8")
    with pytest.raises(LinkError, match="no gold that is known"):
        gold_kind(tmp_path / "other")


@pytest.mark.parametrize("line", ["d1\t3\t9", "d1\tx\t9\tCL:1", '{"record_id": 3}', "{"])
def test_unreadable_prediction_is_told_with_its_line(tmp_path: Path, line: str) -> None:
    (tmp_path / "p").write_text(f"d\t1\t2\tCL:1\n{line}\n", encoding="utf-8")
    with pytest.raises(LinkError, match="p:2"):
        read_predictions(tmp_path / "p")


def test_most_frequent_errors_are_listed(gold: Path, predicted: Path) -> None:
    result = evaluate_spans(read_gold(gold, split="dev"), read_predictions(predicted), errors=1)
    assert result.errors == [("missed", "'rod .. cells' CL:3", 1), ("wrong", "CL:1", 1)]
