"""Another release of a vocabulary shows what it changes before it is taken, and none that is cut is taken."""

from __future__ import annotations

from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest
from typer.testing import CliRunner

from kg.cli.main import make_app
from kg.cli.ontologies import _mentions
from kg.config import KgConfig, VocabularyConfig
from kg.errors import OntologyError, PinError
from kg.model import Scope, Synonym
from kg.ontology import list_sources, preview, pull, upgrade
from kg.ontology.cellxgene import WheelFile
from kg.ontology.entry import Document, Entry
from kg.ontology.sources import LOCK_FILE, find_pulled
from kg.ontology.upgrade import ReleaseDiff, TermChange
from tests.ontology.conftest import Server

WHEEL = {f"CL:{number:07}": f"cell {number}" for number in range(100)}


def obo(terms: dict[str, str], *, obsolete: dict[str, str] | None = None, version: str = "x") -> bytes:
    lines = [f"format-version: 1.2\ndata-version: {version}\n"]
    lines += [f"[Term]\nid: {curie}\nname: {label}\n" for curie, label in terms.items()]
    lines += [
        f"[Term]\nid: {curie}\nname: obsolete\nis_obsolete: true\nreplaced_by: {successor}\n"
        for curie, successor in (obsolete or {}).items()
    ]
    return "\n".join(lines).encode()


def gives(body: bytes) -> Callable[[BaseHTTPRequestHandler], None]:
    def answer(request: BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        request.send_header("Content-Length", str(len(body)))
        request.end_headers()
        request.wfile.write(body)

    return answer


@pytest.fixture(autouse=True)
def _wheel(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    # It comes before a settings file, and a toy release must never get into the cache that others use.
    monkeypatch.setenv("KG_CACHE_DIR", str(tmp_path / "cache"))
    wheel = {"CL": WheelFile(tmp_path / "cl.json", "v2025-01-01")}
    entries = tuple(Entry(curie, label) for curie, label in WHEEL.items())
    monkeypatch.setattr(upgrade, "find_wheel_files", lambda: wheel)
    monkeypatch.setattr(upgrade, "read_cellxgene", lambda *_, **__: Document(entries, "2025-01-01"))


def config_of(folder: Path, server: Server, version: str = "2026-03-26", name: str = "cl.obo") -> KgConfig:
    pins = folder / "sources.toml"
    pins.write_text(
        f'[cl]\nversion = "{version}"\nurl = "{server.address}/{version}/{name}"\nlicence = "CC-BY-4.0"\n'
        'purpose = "Cell types"\nreplaces = "cl"\ndefault = true\n',
        encoding="utf-8",
    )
    return KgConfig(
        cache_dir=folder / "cache",
        vocabularies=VocabularyConfig(sources=pins),
        build={"out": folder / "builds"},
    )


@pytest.fixture
def config(tmp_path: Path, server: Server) -> KgConfig:
    return config_of(tmp_path, server)


GOOD = obo(
    {
        **dict(list(WHEEL.items())[2:]),
        "CL:0000099": "cell ninety-nine",
        "CL:0000200": "new",
        "UBERON:1": "imported",
    },
    obsolete={"CL:0000000": "CL:0000200"},
)


def test_a_preview_names_every_term_and_changes_nothing(config: KgConfig, server: Server) -> None:
    server.answers = [gives(GOOD)]
    (diff,) = preview([], config)
    assert list(diff.changes) == [
        ("obsoleted", "CL:0000000", "cell 0", "", "CL:0000200"),
        ("removed", "CL:0000001", "cell 1", "", ""),
        ("renamed", "CL:0000099", "cell 99", "cell ninety-nine", ""),
        ("added", "CL:0000200", "", "new", ""),
    ]
    assert str(diff) == (
        "cl 2025-01-01 (wheel) → 2026-03-26: 100 → 99 terms (1 added, 1 removed, 1 obsoleted, 1 renamed)"
    )
    assert find_pulled(config) == []


def test_what_was_looked_at_is_taken_without_another_download(config: KgConfig, server: Server) -> None:
    server.answers = [gives(GOOD)]
    preview([], config)
    (item,) = pull([], config)
    assert item.path.read_bytes() == GOOD
    assert len(server.requests) == 1
    assert preview([], config) == []


def test_a_release_that_changes_between_the_look_and_the_acceptance_is_refused(
    config: KgConfig, server: Server
) -> None:
    server.answers = [gives(GOOD), gives(GOOD + b"\n")]
    preview([], config)
    next((config.cache_dir / "sources").glob("cl/*/cl.obo")).unlink()
    with pytest.raises(PinError, match="recorded when it was first fetched"):
        pull([], config)


@pytest.mark.parametrize("kept", [0, 4, 79])
def test_a_release_that_loses_many_terms_is_refused_without_a_reason(
    config: KgConfig, server: Server, kept: int
) -> None:
    server.answers = [gives(obo(dict(list(WHEEL.items())[:kept])))]
    with pytest.raises(OntologyError, match=f"loses {100 - kept}% of the terms in use") as caught:
        pull([], config)
    assert "--accept" in caught.value.mend
    assert find_pulled(config) == []
    (item,) = pull([], config, accept="a test of the vocabulary's own")
    assert item.version == "2026-03-26"
    assert len(server.requests) == 1
    lock = (config.cache_dir / "sources" / LOCK_FILE).read_text(encoding="utf-8")
    assert 'accepted = "a test of the vocabulary\'s own"' in lock


def test_as_many_other_terms_don_t_hide_a_loss(config: KgConfig, server: Server) -> None:
    server.answers = [gives(obo({f"CL:1{number:06}": "other" for number in range(100)}))]
    with pytest.raises(OntologyError, match="loses 100% of the terms in use"):
        pull([], config)


def test_a_fifth_less_is_taken(config: KgConfig, server: Server) -> None:
    server.answers = [gives(obo(dict(list(WHEEL.items())[:80])))]
    told: list[ReleaseDiff] = []
    (item,) = pull([], config, told=told.append)
    assert (item.version, told[0].lost) == ("2026-03-26", 0.2)


def test_a_changed_pin_changes_nothing_until_it_is_pulled(
    tmp_path: Path, config: KgConfig, server: Server
) -> None:
    server.answers = [gives(GOOD), gives(obo({"CL:0000002": "toy"}))]
    (first,) = pull([], config)
    newer = config_of(tmp_path, server, "2026-09-01")
    assert find_pulled(newer) == [first]
    row = next(row for row in list_sources(newer) if row.status.startswith("pulled"))
    assert (row.version, row.status) == ("2026-03-26", "pulled, in use; pinned is 2026-09-01")
    with pytest.raises(
        OntologyError, match=r"cl 2026-03-26 → 2026-09-01: 99 → 1 terms \(98 removed, 1 renamed\)"
    ):
        pull([], newer)
    assert find_pulled(newer) == [first], "what was in use stays"


def test_a_release_from_elsewhere_in_a_shared_cache_is_not_used(
    tmp_path: Path, config: KgConfig, server: Server, caplog: pytest.LogCaptureFixture
) -> None:
    server.answers = [gives(GOOD)]
    pull([], config)
    for version in ("2026-03-26", "2026-09-01"):
        pins = tmp_path / "others.toml"
        text = (tmp_path / "sources.toml").read_text(encoding="utf-8").replace("2026-03-26", version)
        pins.write_text(text.replace(server.address, "https://example.org"), encoding="utf-8")
        others = config.model_copy(update={"vocabularies": VocabularyConfig(sources=pins)})
        assert find_pulled(others) == []
        assert "isn't what is pinned" in caplog.text
        caplog.clear()
    assert len(find_pulled(config)) == 1


def test_mappings_are_taken_as_they_are(tmp_path: Path, server: Server) -> None:
    config = config_of(tmp_path, server, name="cl.sssom.tsv")
    server.answers = [gives(b"subject_id\tpredicate_id\tobject_id\n")]
    assert len(pull([], config)) == 1


def test_synonyms_that_go_are_told_and_too_many_are_refused(
    config: KgConfig, server: Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    named = [Synonym(f"alias {number}", Scope.EXACT) for number in range(100)]
    entries = tuple(
        Entry(curie, label, synonyms=(named[at],)) for at, (curie, label) in enumerate(WHEEL.items())
    )
    monkeypatch.setattr(upgrade, "read_cellxgene", lambda *_, **__: Document(entries, "2025-01-01"))
    kept = "\n".join(
        f'[Term]\nid: {e.curie}\nname: {e.label}\nsynonym: "{e.synonyms[0].text.upper()}" EXACT []\n'
        for e in entries[2:]
    )
    fewer = "format-version: 1.2\n\n" + kept + '[Term]\nid: CL:0000000\nname: cell 0\nsynonym: "other" EXACT []\n'
    server.answers = [gives((fewer + "\n[Term]\nid: CL:0000001\nname: cell 1\n").encode())]
    (diff,) = preview([], config)
    assert list(diff.changes) == [
        ("synonym gone", "CL:0000000", "alias 0", "", ""),
        ("synonym new", "CL:0000000", "", "other", ""),
        ("synonym gone", "CL:0000001", "alias 1", "", ""),
    ]
    assert diff.lost == pytest.approx(0.02)
    without = config_of(tmp_path, server, version="2026-04-01")
    server.answers = [gives(obo(WHEEL))]
    with pytest.raises(OntologyError, match="synonyms"):
        pull([], without)
    assert find_pulled(without) == []


def test_mentions_that_rest_on_what_goes_are_counted() -> None:
    surfaces = {"alias": 3, "cell": 2}
    assert _mentions(TermChange("synonym gone", "CL:1", "Alias", ""), surfaces) == 3
    assert _mentions(TermChange("removed", "CL:1", "cell", ""), surfaces) == 5
    assert _mentions(TermChange("synonym new", "CL:1", "", "alias"), surfaces) == 0


def test_the_command_shows_the_effect_and_takes_nothing(
    config: KgConfig, server: Server, tmp_path: Path
) -> None:
    server.answers = [gives(GOOD)]
    settings = tmp_path / "kg.toml"
    settings.write_text(
        f'cache_dir = "{config.cache_dir}"\n[build]\nout = "builds"\n[vocabularies]\nsources = "sources.toml"\n',
        encoding="utf-8",
    )
    told = CliRunner().invoke(
        make_app(), ["ontologies", "pull", "--upgrade", "-c", str(settings), "-f", "csv"]
    )
    assert told.exit_code == 1
    assert 'cl,obsoleted,CL:0000000,cell 0,"",CL:0000200,False,0' in told.output
    assert "kg ontologies pull" in told.output
    assert find_pulled(config) == []
    refused = CliRunner().invoke(
        make_app(), ["ontologies", "pull", "--upgrade", "--accept", "x", "-c", str(settings)]
    )
    assert refused.exit_code == 2
    taken = CliRunner().invoke(make_app(), ["ontologies", "pull", "-c", str(settings)])
    assert taken.exit_code == 0, taken.output
    assert len(find_pulled(config)) == 1
    again = CliRunner().invoke(make_app(), ["ontologies", "pull", "--upgrade", "-c", str(settings)])
    assert (again.exit_code, "in use" in again.output) == (0, True)
