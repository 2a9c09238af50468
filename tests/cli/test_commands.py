"""What each command prints, where, and with which exit code."""

from __future__ import annotations

import contextlib
import csv
import io
import json
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest
import typer

from kg.cli.main import _COMMANDS, make_app
from kg.config import KgConfig
from kg.export.neo4j.connection import Target, open_driver
from kg.export.neo4j.publish import Options, publish
from kg.graph.build_dir import Build
from tests.cli.conftest import Run

COMMANDS = [
    ("harvest",),
    ("store", "ls"),
    ("store", "gc"),
    ("store", "verify"),
    ("build",),
    ("diff",),
    ("nightly",),
    ("query",),
    ("cookbook", "list"),
    ("cookbook", "show"),
    ("show",),
    ("explain",),
    ("links",),
    ("link",),
    ("lexicon", "learn"),
    ("judge",),
    ("evaluate",),
    ("diagram",),
    ("wiki", "update"),
    ("wiki", "lint"),
    ("export", "rdf"),
    ("export", "neo4j-admin"),
    ("neo4j", "start"),
    ("neo4j", "stop"),
    ("neo4j", "status"),
    ("neo4j", "password"),
    ("neo4j", "admin"),
    ("publish", "neo4j"),
    ("verify", "neo4j"),
    ("rollback", "neo4j"),
    ("report",),
    ("check",),
    ("ontologies", "list"),
    ("ontologies", "pull"),
]


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_every_command_has_help_with_an_example(command: tuple[str, ...]) -> None:
    from typer.testing import CliRunner

    result = CliRunner().invoke(make_app(), [*command, "--help"])
    assert result.exit_code == 0
    assert "Example" in result.output
    assert f"kg {' '.join(command)}" in result.output


def test_every_command_is_tested_and_in_the_readme() -> None:
    group = typer.main.get_command(make_app())
    names = {name for name, _ in group.commands.items()}  # type: ignore[attr-defined]
    assert names == {command[0] for command in COMMANDS}
    readme = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
    assert all(f"`kg {name}" in readme for name in names)


def test_a_command_imports_no_other_command() -> None:
    program = (
        "import sys; from kg.cli.main import make_app; make_app(['--debug', 'query', 'RETURN 1']); "
        "print(sorted(name for name in sys.modules if name.startswith('kg.cli.') and name[7] != '_'))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "['kg.cli.main', 'kg.cli.query']"
    # Which needs each module of a command to have one of its own name.
    group = typer.main.get_command(make_app())
    assert {*_COMMANDS} <= {*group.commands}  # type: ignore[attr-defined]


def test_a_question_is_answered_on_stdout_alone(kg: Run, built: str) -> None:
    query = "MATCH (d:Dataset {id: $id}) RETURN d.id AS id, d.subject_count AS subjects"
    result = kg("query", query, "--param", "id=DANDI:000053", "--build", built, "--format", "json")
    assert result.returncode == 0, result.stderr
    assert json.loads(result.stdout)[0]["id"] == "DANDI:000053"
    assert result.stderr == ""


def test_a_recipe_of_the_cookbook_is_asked_with_values_of_ones_own(kg: Run, built: str) -> None:
    own = ("--param", "since=2023", "--build", built, "--format", "jsonl")
    result = kg("query", "--cookbook", "changed-since", *own)
    assert result.returncode == 0, result.stderr
    rows = [json.loads(line) for line in result.stdout.splitlines()]
    assert rows
    assert all(row["date"] >= "2023" for row in rows)  # 2023 is text here, though it reads as a number


def test_a_server_answers_the_same_as_the_store(
    kg: Run,
    sample_build: Build,
    sample_config: KgConfig,
    neo4j_server: Target,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    with open_driver(neo4j_server) as driver:
        driver.execute_query("MATCH (n) DETACH DELETE n")
    publish(neo4j_server, sample_build, sample_build.manifest.build_id, Options())
    server = {
        "KG_NEO4J__URI": neo4j_server.uri,
        "KG_NEO4J__DATABASE": neo4j_server.database,
        "KG_NEO4J__USER": neo4j_server.user,
        "KG_NEO4J_PASSWORD": neo4j_server.password,
    }
    question = ("query", "--cookbook", "region-and-parts", "--format", "json")
    answer = kg(*question, "--on", "neo4j", **server)
    assert answer.returncode == 0, answer.stderr
    assert answer.stdout == kg(*question, "--build", str(sample_build.path)).stdout
    assert len(json.loads(answer.stdout)) > 5
    file = tmp_path / "rows.parquet"
    kg("query", "MATCH (d:Dataset) RETURN d.id AS id ORDER BY id", "--on", "neo4j", "-o", str(file), **server)
    assert pl.read_parquet(file).height > 40
    # The page about Python says the same of both.
    page = (Path(__file__).parents[2] / "docs" / "python.md").read_text(encoding="utf-8")
    program = page.partition("```python\n")[2].partition("```")[0]
    said = []
    for opened in (f"kg.open({str(sample_build.path)!r})", "kg.open(on='neo4j')"):
        for name, value in {**server, "KG_CACHE_DIR": str(sample_config.cache_dir)}.items():
            monkeypatch.setenv(name, value)
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            exec(program.replace("kg.open()", opened) + "\nprint(frame.rows())", {})
        said.append(out.getvalue())
    assert said[0] == said[1]
    assert len(said[0].splitlines()) > 5


@pytest.mark.parametrize("form", ["csv", "jsonl", "table", "parquet"])
def test_rows_come_in_every_format(kg: Run, built: str, tmp_path: Path, form: str) -> None:
    file = tmp_path / f"rows.{form}"
    result = kg("links", "--build", built, "--format", form, "--output", str(file))
    assert result.returncode == 0, result.stderr
    assert f"wrote {file}: " in result.stderr
    if form == "csv":
        rows = list(csv.DictReader(io.StringIO(file.read_text(encoding="utf-8"))))
    elif form == "parquet":
        rows = pl.read_parquet(file).to_dicts()
    elif form == "jsonl":
        rows = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    else:
        assert "DANDI:000053" in file.read_text(encoding="utf-8")
        return
    assert {"dataset", "type", "id", "kind", "xrefs"} == set(rows[0])
    assert any(row["dataset"] == "DANDI:000053" for row in rows)


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["query", "CREATE (n:Dataset)"], 3, "CREATE"),
        (["query", "MATCH (n:Dataset RETURN n"], 3, "mend:"),
        (["query", "MATCH (n) SET n.x = 1", "--on", "neo4j"], 3, "SET would change the graph"),
        (["query", "--cookbook", "region-and-part"], 3, "did you mean region-and-parts"),
        (["query", "--cookbook", "region-and-parts", "-p", "regoin=x"], 3, "no parameter 'regoin'"),
        (["query", "RETURN $a AS a", "-p", "a=99999999999999999999"], 3, "more than 64 bits"),
        (["query", "RETURN $a AS a", "-p", 'a="\\ud800"'], 3, "half of a character"),
        (["query", "RETURN $a AS a", "-p", "a=1e400"], 3, "inf is no number"),
        (["query", "UNWIND range(1, 1000000000) AS x RETURN count(x) AS n", "-o", "rows.xlsx"], 3, "ending '.xlsx'"),
        (["query"], 2, "--cookbook NAME"),
        (["show", "DANDI:999999"], 3, "no node is called 'DANDI:999999'"),
        (["diagram", "no-such-page"], 3, "no node is called"),
        (["show"], 2, "Missing argument"),
        (["frobnicate"], 2, "No such command"),
        (["build", "--nonsense"], 2, "No such option"),
        (["link", "--category", "colour"], 2, "colour"),
        (["diagram", "--pages"], 2, "--out-dir"),
        (["show", "DANDI:000053", "--kind", "foo"], 2, "foo"),
    ],
)
def test_a_fault_has_its_exit_code_and_says_how_to_mend_it(
    kg: Run, built: str, arguments: list[str], code: int, said: str
) -> None:
    tail = ["--build", built] if code == 3 else []
    result = kg(*arguments, *tail)
    assert result.returncode == code, result.stderr
    assert said in result.stderr
    assert "Traceback" not in result.stderr
    assert result.stdout == ""


def test_without_a_build_the_error_says_how_to_make_one(kg: Run) -> None:
    result = kg("report")
    assert result.returncode == 3
    assert "make one with 'kg build'" in result.stderr


def test_no_colour_reaches_a_pipe_or_a_terminal_that_refuses_it(kg: Run, built: str) -> None:
    for environment in ({}, {"NO_COLOR": "1", "FORCE_COLOR": "1"}):
        result = kg("report", "--build", built, **environment)
        assert "\x1b[3" not in result.stdout


def test_text_is_linked_from_stdin_with_offsets_in_characters(kg: Run) -> None:
    text = "αβ — neurons of the entorhinal cortex"
    result = kg("link", "--category", "region", stdin=text)
    assert result.returncode == 0, result.stderr
    doc, start, end, curie = result.stdout.strip().split("\t")
    assert (doc, text[int(start) : int(end)], curie) == ("stdin", "entorhinal cortex", "UBERON:0002728")


def test_a_lexicon_replaces_the_vocabularies(kg: Run, tmp_path: Path) -> None:
    (tmp_path / "lex.tsv").write_text("curie\tsurface\tstatus\nX:1\tflux capacitor\tname\n", encoding="utf-8")
    (tmp_path / "story.txt").write_text("The flux capacitors of the hippocampus.\r\n", encoding="utf-8")
    result = kg("link", "--lexicon", "lex.tsv", "story.txt")
    assert result.stdout == "story\t4\t19\tX:1\n", result.stderr


def test_a_card_shows_the_quotes_and_reads_as_json(kg: Run, built: str) -> None:
    result = kg("show", "DANDI:000053", "--build", built, "--json")
    card = json.loads(result.stdout)
    assert card["node"]["label"] == "Dataset"
    assert all(claim["evidence"] for claim in card["claims"])
    claim = card["claims"][0]["id"]
    shown = kg("show", claim, "--build", built).stdout
    assert f"“{card['claims'][0]['evidence'][0]['quote']}”" in shown


def test_a_diagram_is_written_by_its_ending(kg: Run, built: str, tmp_path: Path) -> None:
    page = "mechanisms/synaptic-dysfunction"
    assert kg("diagram", page, "--build", built).stdout.lstrip().startswith(("%%", "flowchart", "---"))
    for ending, start in ((".svg", b"<svg"), (".png", b"\x89PNG"), (".md", b"```mermaid")):
        file = tmp_path / f"d{ending}"
        result = kg("diagram", page, "--build", built, "--output", str(file))
        assert result.returncode == 0, result.stderr
        assert file.read_bytes().lstrip().startswith(start)


def test_rdf_is_exported(kg: Run, built: str, tmp_path: Path) -> None:
    result = kg("export", "rdf", "--output", str(tmp_path / "g.nq.gz"), "--build", built)
    assert result.returncode == 0, result.stderr
    assert (tmp_path / "g.nq.gz").stat().st_size > 1000


def test_the_vocabularies_in_use_are_listed(kg: Run) -> None:
    result = kg("ontologies", "list", "--format", "jsonl")
    assert result.returncode == 0, result.stderr
    assert {"uberon", "cl", "mondo"} <= {json.loads(line)["name"] for line in result.stdout.splitlines()}


def test_a_dataset_and_a_disease_are_explained_with_quotes(kg: Run, built: str) -> None:
    result = kg("explain", "DANDI:001044", "epilepsy", "--build", built)
    assert result.returncode == 0, result.stderr
    assert "1. it studies the disease" in result.stdout
    assert "https://dandiarchive.org/dandiset/001044" in result.stdout
    found = json.loads(kg("explain", "DANDI:001044", "epilepsy", "--build", built, "--json").stdout)
    assert found["ways"][0]["steps"][0]["predicate"] == "RELEVANT_TO"
    assert found["ways"][0]["steps"][0]["quotes"][0]["quote"] in result.stdout


def test_what_is_not_connected_says_why_and_answers_no(kg: Run, built: str) -> None:
    result = kg("explain", "DANDI:000036", "epilepsy", "--build", built)
    assert result.returncode == 1, result.stderr
    assert "nothing connects them" in result.stdout
    assert "(rule 1)" in result.stdout


def test_the_sample_is_checked_and_keeps_the_rules(kg: Run, built: str) -> None:
    result = kg("check", "--build", built, "--format", "jsonl")
    rows = [json.loads(line) for line in result.stdout.splitlines()]
    assert {row["rule"] for row in rows if row["severity"] != "note"} == set()
    assert result.returncode == 0, result.stderr
    assert "0 breaks" in result.stderr


def test_a_claim_s_card_has_both_sides_with_offsets_and_links(kg: Run, built: str) -> None:
    card = json.loads(kg("show", "DANDI:000053", "--build", built, "--json").stdout)
    claim = card["claims"][0]
    shown = kg("show", claim["id"], "--build", built).stdout
    piece = claim["evidence"][0]
    assert "for: " in shown
    assert f"{piece['record_id']}#{piece['section']} {piece['start']}–{piece['end']}" in shown
    assert "https://dandiarchive.org/dandiset/000053" in shown
