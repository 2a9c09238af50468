from __future__ import annotations

import hashlib
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from kg.config import KgConfig, VocabularyConfig
from kg.errors import OntologyError, PinError, VocabularyParseError
from kg.ontology import list_sources, load, load_vocabulary, pulling
from kg.ontology.cellxgene import WheelFile
from kg.ontology.entry import Document, Entry
from kg.ontology.pulling import pull
from kg.ontology.sources import find_pulled, read_pins
from tests.ontology.conftest import Server

OBO = b"""\
format-version: 1.2
data-version: x

[Term]
id: CL:0000001
name: pulled cell
synonym: "PC" EXACT ABBREVIATION []
"""
SHA256 = hashlib.sha256(OBO).hexdigest()
Answer = Callable[[BaseHTTPRequestHandler], None]


def _answer(status: int = 200, body: bytes = OBO, length: int | None = None) -> Answer:
    def answer(request: BaseHTTPRequestHandler) -> None:
        request.send_response(status)
        request.send_header("Content-Length", str(len(body) if length is None else length))
        request.end_headers()
        request.wfile.write(body)

    return answer


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pulling, "_BACKOFF_S", 0.0)


@pytest.fixture
def config(tmp_path: Path, server: Server) -> KgConfig:
    return _config(tmp_path, server)


def _config(folder: Path, server: Server, sha256: str = "") -> KgConfig:
    pins = folder / "sources.toml"
    pins.write_text(
        f'[cl]\nversion = "2026-03-26"\nurl = "{server.address}/cl.obo"\nlicence = "CC-BY-4.0"\n'
        f'purpose = "Cell types"\nreplaces = "cl"\ndefault = true\n{sha256 and f"sha256 = {sha256!r}"}\n'
        f'[other]\nversion = "1"\nurl = "{server.address}/other.obo"\nlicence = "CC0-1.0"\npurpose = "x"\n',
        encoding="utf-8",
    )
    return KgConfig(cache_dir=folder / "cache", vocabularies=VocabularyConfig(sources=pins))


def _left_behind(config: KgConfig) -> list[Path]:
    return list(config.cache_dir.rglob("*.part"))


def test_pull_fetches_the_defaults_and_records_their_sha256(config: KgConfig, server: Server) -> None:
    server.answers = [_answer()]
    said: list[tuple[str, int, int]] = []
    (item,) = pull([], config, progress=lambda *step: said.append(step))
    assert (item.name, item.sha256, item.size_bytes) == ("cl", SHA256, len(OBO))
    assert item.path.read_bytes() == OBO
    assert SHA256 in str(item)
    assert find_pulled(config) == [item]
    assert said[-1] == ("cl", len(OBO), len(OBO))
    ((path, agent),) = server.requests
    assert path == "/cl.obo"
    assert agent.startswith("neurokg/")


def test_pull_does_not_fetch_again_what_is_there(config: KgConfig, server: Server) -> None:
    server.answers = [_answer()]
    assert pull(["cl"], config) == pull(["cl"], config)
    assert len(server.requests) == 1


def test_pull_tries_again_after_a_busy_answer(config: KgConfig, server: Server) -> None:
    server.answers = [_answer(503, b"busy"), _answer(503, b"busy"), _answer()]
    (item,) = pull(["cl"], config)
    assert item.path.read_bytes() == OBO


def test_pull_tries_again_after_half_a_body(config: KgConfig, server: Server) -> None:
    server.answers = [_answer(body=OBO[:20], length=len(OBO)), _answer()]
    (item,) = pull(["cl"], config)
    assert item.path.read_bytes() == OBO
    assert len(server.requests) == 2


def test_pull_that_never_gets_a_whole_body_leaves_nothing_behind(config: KgConfig, server: Server) -> None:
    server.answers = [_answer(body=OBO[:20], length=len(OBO))]
    with pytest.raises(OntologyError, match=r"cl could not be fetched in 4 tries"):
        pull(["cl"], config)
    assert find_pulled(config) == []
    assert _left_behind(config) == []


@pytest.mark.parametrize(("status", "asked"), [(404, 1), (503, 5)])
def test_pull_tells_what_the_server_answered(config: KgConfig, server: Server, status: int, asked: int) -> None:
    server.answers = [_answer(status, b"no")]
    with pytest.raises(OntologyError, match=f"cl: the server answered {status}") as caught:
        pull(["cl"], config)
    assert caught.value.facts["status"] == status
    assert len(server.requests) == asked
    assert _left_behind(config) == []


def test_pull_from_nowhere_is_told(tmp_path: Path, server: Server) -> None:
    server.address = "http://127.0.0.1:9"  # the port of 'discard', where nobody listens
    with pytest.raises(OntologyError, match="cl could not be fetched"):
        pull(["cl"], _config(tmp_path, server))


def test_pull_refuses_a_release_that_is_not_the_pinned_one(tmp_path: Path, server: Server) -> None:
    config = _config(tmp_path, server, sha256="0" * 64)
    server.answers = [_answer()]
    with pytest.raises(PinError, match=f"has sha256 {SHA256}, not {'0' * 64}, which is pinned"):
        pull(["cl"], config)
    assert find_pulled(config) == []
    assert _left_behind(config) == []


def test_pull_refuses_a_release_that_changed_since_it_was_first_fetched(config: KgConfig, server: Server) -> None:
    server.answers = [_answer(), _answer(body=OBO + b"\n")]
    (item,) = pull(["cl"], config)
    item.path.unlink()
    with pytest.raises(PinError, match="recorded when it was first fetched"):
        pull(["cl"], config)


def test_pull_refuses_a_file_that_is_too_large(
    config: KgConfig, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pulling, "MAX_BYTES", 10)
    server.answers = [_answer()]
    with pytest.raises(OntologyError, match="has more than 10 bytes"):
        pull(["cl"], config)
    assert _left_behind(config) == []


def test_pull_names_what_can_be_pulled(config: KgConfig) -> None:
    with pytest.raises(OntologyError, match="no release is pinned as 'uberom'") as caught:
        pull(["uberom"], config)
    assert "cl, other" in caught.value.mend


def test_list_shows_what_is_in_use_and_what_can_be_pulled(config: KgConfig, server: Server) -> None:
    before = {(row.name, row.status) for row in list_sources(config)}
    assert {("cl", "in use"), ("cl", "can be pulled"), ("mba", "in use"), ("ncbitaxon", "in use")} <= before
    server.answers = [_answer()]
    pull([], config)
    after = {(row.name, row.status) for row in list_sources(config)}
    assert {("cl", "replaced by the pulled release"), ("cl", "pulled, in use"), ("other", "can be pulled")} <= after


def test_pulled_release_takes_the_place_of_the_wheels(
    config: KgConfig, server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wheel = {name: WheelFile(tmp_path / name, "v1") for name in ("UBERON", "CL", "MONDO", "NCBITaxon")}
    monkeypatch.setattr(load, "find_wheel_files", lambda: wheel)
    monkeypatch.setattr(load, "read_lineages", lambda path, curies: {})
    monkeypatch.setattr(
        load,
        "read_cellxgene",
        lambda file, prefix, **_: Document((Entry(f"{prefix}:0000001", f"wheel {prefix}"),), "1"),
    )
    (tmp_path / "curated").mkdir()
    vocabularies = config.vocabularies.model_copy(update={"curated": tmp_path / "curated"})
    config = config.model_copy(update={"vocabularies": vocabularies})
    labels = {term.curie: term.label for term in load_vocabulary(config)}
    assert labels["CL:0000001"] == "wheel CL"
    server.answers = [_answer()]
    pull([], config)
    vocabulary = load_vocabulary(config)
    term = vocabulary.get("CL:0000001")
    assert term is not None
    assert (term.label, term.vocabulary) == ("pulled cell", "cl")
    assert vocabulary.versions["cl"] == "2026-03-26"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[cl\n", "not valid TOML"),
        ('[cl]\nversion = "1"\nurl = "ftp://x/y"\nlicence = "x"\npurpose = "x"\n', r"sources\.toml: cl\.url"),
        ('["../x"]\nversion = "1"\nurl = "http://x/y"\nlicence = "x"\npurpose = "x"\n', r"sources\.toml: \.\./x"),
        (
            '[cl]\nversion = "1"\nurl = "http://x/y"\nlicence = "x"\npurpose = "x"\nsha = "1"\n',
            r"sources\.toml: cl\.sha",
        ),
    ],
)
def test_pins_that_can_not_be_read_name_the_key(tmp_path: Path, text: str, told: str) -> None:
    path = tmp_path / "sources.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(VocabularyParseError, match=told):
        read_pins(KgConfig(cache_dir=tmp_path, vocabularies=VocabularyConfig(sources=path)))


def test_pins_of_the_package_read(tmp_path: Path) -> None:
    pins = read_pins(KgConfig(cache_dir=tmp_path))
    assert {"uberon", "cl", "mondo"} <= {name for name, pin in pins.items() if pin.default}
    assert all(pin.version in pin.url and pin.licence for pin in pins.values())
