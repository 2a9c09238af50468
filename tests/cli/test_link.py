"""``kg link``, ``kg lexicon`` and ``kg evaluate`` as their users run them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from kg.config import KgConfig
from tests.cli.conftest import Run

LEXICON = "UBERON:0002421\thippocampus\tname\nCL:0000598\tpyramidal neuron\tname\nUBERON:0001460\tarm\tname\n"
TEXT = "Hippocampus 🧠 and pyramidal neurons; the open arm of the maze."


@pytest.fixture
def lexicon(tmp_path: Path) -> str:
    (tmp_path / "terms.tsv").write_text(LEXICON, encoding="utf-8")
    return "terms.tsv"


def test_json_lines_are_linked_record_by_record(kg: Run, lexicon: str, tmp_path: Path) -> None:
    records = [
        {"id": "r1", "text": "Hippocampus"},
        {"id": 2, "title": "The arm", "abstract": "A hippocampus\nand an arm"},
        {"id": "r3", "title": "Nothing", "abstract": None},
    ]
    (tmp_path / "r.jsonl").write_text("\n".join(map(json.dumps, records)), encoding="utf-8")
    result = kg("link", "--lexicon", lexicon, "r.jsonl")
    assert result.stdout.splitlines() == [
        "r1\t0\t11\tUBERON:0002421",
        "2#title\t4\t7\tUBERON:0001460",
        "2#abstract\t2\t13\tUBERON:0002421",
        "2#abstract\t21\t24\tUBERON:0001460",
    ]
    piped = kg("link", "--lexicon", lexicon, stdin=(tmp_path / "r.jsonl").read_text(encoding="utf-8"))
    assert piped.stdout == result.stdout


def test_text_that_begins_with_a_brace_is_a_text(kg: Run, lexicon: str) -> None:
    assert kg("link", "--lexicon", lexicon, stdin="{hippocampus}\n").stdout == "stdin\t1\t12\tUBERON:0002421\n"


def test_mentions_are_shown_in_their_text(kg: Run, lexicon: str, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(f"{TEXT}\x1b[31m", encoding="utf-8")
    result = kg("link", "--lexicon", lexicon, "--format", "view", "a.txt")
    assert "[Hippocampus UBERON:0002421] 🧠 and [pyramidal neurons CL:0000598]; the open arm" in result.stdout
    assert "\x1b" not in result.stdout


def test_colour_is_for_terminals_and_no_color_is_obeyed(monkeypatch: pytest.MonkeyPatch) -> None:
    from kg.cli._view import view_text
    from kg.link.inputs import passages_of_text
    from kg.model import Category, Mention

    mention = Mention(
        record_id="a", section="text", start=0, end=3, surface="arm", curie="U:1", category=Category.REGION, method="m"
    )
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    passages = passages_of_text("a", "arm")
    assert "\x1b[1;32m" in view_text(passages, [mention], in_colour=True)
    assert "\x1b" not in view_text(passages, [mention], in_colour=False)
    monkeypatch.setenv("NO_COLOR", "1")
    assert "32m" not in view_text(passages, [mention], in_colour=True)


def test_nested_mentions_are_bracketed_one_in_another() -> None:
    from kg.cli._view import view_text
    from kg.link.inputs import passages_of_text
    from kg.model import Category, Mention

    def mention(start: int, end: int, curie: str) -> Mention:
        return Mention(
            record_id="a",
            section="text",
            start=start,
            end=end,
            surface="CA1 cells"[start:end],
            curie=curie,
            category=Category.REGION,
            method="m",
        )

    text = view_text(passages_of_text("a", "CA1 cells."), [mention(0, 3, "U:1"), mention(0, 9, "C:1")], in_colour=False)
    assert "[[CA1 U:1] cells C:1]." in text


def test_reasons_are_told(kg: Run, lexicon: str) -> None:
    lines = kg("link", "--lexicon", lexicon, "--explain", stdin=TEXT).stdout.splitlines()
    assert lines[0].startswith("+ Hippocampus  UBERON:0002421  made by rule 'label', score 0.")
    assert "- arm  UBERON:0001460  it stands in a name or a phrase that is something else: open arm" in lines[2]
    said = kg("link", "--lexicon", lexicon, "--explain", "-f", "jsonl", stdin=TEXT).stdout
    rows = [json.loads(line) for line in said.splitlines()]
    assert [(row["surface"], row["made"], row["reason"]) for row in rows][2] == ("arm", False, "trap")


def test_number_of_processes_leaves_no_trace(kg: Run, lexicon: str, tmp_path: Path) -> None:
    with (tmp_path / "many.jsonl").open("w", encoding="utf-8") as stream:
        for number in range(600):
            stream.write(json.dumps({"id": f"r{number}", "text": f"{TEXT} {'x' * (number % 7)} " * 20}) + "\n")
    one = kg("link", "--lexicon", lexicon, "many.jsonl")
    two = kg("link", "--lexicon", lexicon, "--processes", "2", "many.jsonl", "-o", "two.tsv")
    assert (one.returncode, two.returncode, two.stdout) == (0, 0, ""), two.stderr
    assert one.stdout == (tmp_path / "two.tsv").read_text(encoding="utf-8")
    assert one.stdout.count("\n") > 20_000


def test_spawned_workers_do_as_forked_ones(
    monkeypatch: pytest.MonkeyPatch, sample_config: KgConfig, lexicon: str, tmp_path: Path
) -> None:
    from kg.cli import _linking
    from kg.link.inputs import RawRecord

    records = [RawRecord(f"r{number}", f"{TEXT} " * 2000, "r") for number in range(6)]
    job = _linking.LinkJob(sample_config, lexicon=tmp_path / lexicon)
    made = {"one": "".join(_linking.link_records(job, records, 1))}
    for name, may_fork in (("fork", True), ("spawn", False)):
        monkeypatch.setattr(_linking, "_may_fork", lambda may_fork=may_fork: may_fork)
        made[name] = "".join(_linking.link_records(job, records, 2))
    assert made["one"] == made["fork"] == made["spawn"]
    assert made["one"].count("\n") == 6 * 2000 * 2


def test_mentions_of_a_record_come_from_a_build(kg: Run, built: str) -> None:
    rows = kg("link", "--build", built, "DANDI:000054", "--format", "jsonl").stdout.splitlines()
    assert {json.loads(row)["record_id"] for row in rows} == {"DANDI:000054"}
    assert kg("link", "--build", built, "DANDI:000054").stdout.startswith("DANDI:000054#")
    unknown = kg("link", "--build", built, "DANDI:999999")
    assert unknown.returncode == 3
    assert "no such record" in unknown.stderr


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('{"id": 1}', "no record"),
        ('{"text": "x"}', "no record"),
        ('{"id": "a", "text": 3}', "the text is no string"),
        ("nonsense", "no JSON"),
        ("[" * 100_000, "no JSON"),
    ],
)
def test_unreadable_line_is_told_with_its_number(kg: Run, lexicon: str, tmp_path: Path, line: str, said: str) -> None:
    (tmp_path / "r.jsonl").write_text(f'{{"id": "a", "text": "b"}}\n\n{line}\n', encoding="utf-8")
    result = kg("link", "--lexicon", lexicon, "r.jsonl", "-o", "out.tsv")
    assert result.returncode == 3
    assert said in result.stderr
    assert "r.jsonl:3" in result.stderr
    assert not (tmp_path / "out.tsv").exists()


def test_bytes_that_are_not_utf_8_are_told_with_their_place(kg: Run, lexicon: str, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"hippo\xffcampus")
    (tmp_path / "a.jsonl").write_bytes(b'{"id": "a", "text": "\xe9"}\n')
    for name, said in (("a.txt", "not UTF-8: byte 5"), ("a.jsonl", "not UTF-8: byte 21 of the line")):
        result = kg("link", "--lexicon", lexicon, name)
        assert result.returncode == 3
        assert said in result.stderr


def test_lone_surrogate_is_replaced_visibly_and_offsets_stay(kg: Run, lexicon: str) -> None:
    result = kg(
        "link", "--lexicon", lexicon, "-f", "jsonl", stdin='{"id": "a\\udc00", "text": "\\ud800 hippocampus"}\n'
    )
    row = json.loads(result.stdout)
    assert (row["record_id"], row["start"], row["surface"]) == ("a\ufffd", 2, "hippocampus")
    view = kg("link", "--lexicon", lexicon, "-f", "view", stdin='{"id": "a", "text": "\\ud800 hippocampus"}\n')
    assert "\ufffd [hippocampus" in view.stdout


def test_priors_are_learned_used_and_measured(kg: Run, lexicon: str, tmp_path: Path) -> None:
    texts = tmp_path / "texts"
    texts.mkdir()
    header, rows = "doc\tspans\tcurie\tsurface\tsplit\n", []
    for number in range(6):
        (texts / f"d{number}.txt").write_text("Place cells of the arm. We saw place cells.", encoding="utf-8")
        split = "dev" if number == 5 else "train"
        rows += [f"d{number}\t{span}\tCL:0000540\tplace cells\t{split}\n" for span in ("0-11", "31-42")]
    (tmp_path / "gold.tsv").write_text(header + "".join(rows), encoding="utf-8")
    learned = kg(
        "lexicon", "learn", "--gold", "gold.tsv", "--texts", "texts", "--split", "train", "-o", "p.tsv.gz",
        "--lexicon", lexicon,
    )  # fmt: skip
    assert learned.returncode == 0, learned.stderr
    assert "1 surfaces from 5 documents" in learned.stderr
    assert "F1 1.000  <- chosen" in learned.stderr
    assert learned.stdout == ""
    found = kg("link", "--lexicon", lexicon, "--priors", "p.tsv.gz", "texts/d5.txt", "-f", "jsonl", "-o", "m.jsonl")
    assert found.returncode == 0, found.stderr
    score = json.loads(kg("evaluate", "gold.tsv", "m.jsonl", "--split", "dev", "-f", "json").stdout)[0]
    assert (score["what"], score["recall"]) == ("strict", 1.0)
    again = json.loads(
        kg(
            "evaluate", "gold.tsv", "--link", "--texts", "texts", "--lexicon", lexicon, "--priors", "p.tsv.gz",
            "--split", "dev", "--category", "cell_type", "-f", "json",
        ).stdout
    )  # fmt: skip
    assert again[0]["f1"] == 1.0
    tenths = json.loads(kg("evaluate", "gold.tsv", "m.jsonl", "--split", "dev", "--calibration", "-f", "json").stdout)
    assert len(tenths) == 10
    assert sum(tenth["right"] for tenth in tenths) == 2


def test_missing_split_names_those_there_are(kg: Run, tmp_path: Path) -> None:
    (tmp_path / "gold.tsv").write_text("doc\tspans\tcurie\tsurface\tsplit\nd\t0-1\tX:1\ta\tdev\n", encoding="utf-8")
    (tmp_path / "p.tsv").write_text("", encoding="utf-8")
    result = kg("evaluate", "gold.tsv", "p.tsv", "--split", "test")
    assert result.returncode == 3
    assert "the splits are: dev" in result.stderr
    assert kg("evaluate", "gold.tsv").returncode == 2
