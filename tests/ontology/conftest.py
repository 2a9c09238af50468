"""Small curated tables, one compiled vocabulary for all tests, and a server that misbehaves."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from kg.config import KgConfig, VocabularyConfig, curated_dir
from kg.ontology import Vocabulary, load_vocabulary

MECHANISMS = """\
mechanisms:
  - id: mechanism:synaptic-dysfunction
    slug: synaptic-dysfunction
    label: Synaptic dysfunction
    family: synapse
    definition: Synapses transmit less than they should.
    parent: null
    synonyms:
      exact: [synapse dysfunction]
      process: [synaptic transmission]
      abbreviation: []
    mappings:
      - {predicate: "skos:relatedMatch", id: "GO:0007268", label: chemical synaptic transmission}
  - id: mechanism:synapse-loss
    slug: synapse-loss
    label: Synapse loss
    family: synapse
    definition: Synapses disappear.
    parent: mechanism:synaptic-dysfunction
"""
REGIONS = """\
terms:
  - id: UBERON:0002436
    label: primary visual cortex
    synonyms: {exact: [area V1], abbreviation: [V1]}
  - id: UBERON:0000411
    synonyms: {abbreviation: [VIS]}
    taxa: [NCBITaxon:10090]
"""
SPECIES = """\
terms:
  - id: NCBITaxon:10090
    label: Mus musculus
    synonyms: {exact: [house mouse, mouse, mice]}
  - id: NCBITaxon:9606
    label: Homo sapiens
    synonyms: {exact: [human, humans]}
"""
ADJECTIVES = """\
terms:
  - id: UBERON:0002421
    adjectives: [hippocampal]
"""


@pytest.fixture(scope="session")
def curated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of curated tables: ours beside the package's own tab-separated ones."""
    folder = tmp_path_factory.mktemp("curated")
    for name in ("brain_hierarchy.tsv", "mba.tsv", "hba.tsv", "mondo.sssom.tsv", "sources.toml"):
        shutil.copy(curated_dir() / name, folder / name)
    for name, text in (
        ("mechanisms.yaml", MECHANISMS),
        ("brain_regions.yaml", REGIONS),
        ("species.yaml", SPECIES),
        ("adjectives.yaml", ADJECTIVES),
    ):
        (folder / name).write_text(text, encoding="utf-8")
    return folder


@pytest.fixture(scope="session")
def config(cache_dir: Path, curated: Path) -> KgConfig:
    """Settings with the session's cache and these tables."""
    return KgConfig(cache_dir=cache_dir / "ontology-tests", vocabularies=VocabularyConfig(curated=curated))


@pytest.fixture(scope="session")
def vocabulary(config: KgConfig) -> Vocabulary:
    """Every public vocabulary with the small curated tables, compiled once."""
    return load_vocabulary(config)


@dataclass
class Server:
    """A web server on loopback whose answers a test scripts: one a request, the last one again and again."""

    address: str = ""
    answers: list[Callable[[BaseHTTPRequestHandler], None]] = field(default_factory=list)
    requests: list[tuple[str, str]] = field(default_factory=list)


@pytest.fixture
def server() -> Iterator[Server]:
    """Start the server; stop it after the test."""
    state = Server()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            state.requests.append((self.path, self.headers.get("User-Agent", "")))
            state.answers[min(len(state.requests), len(state.answers)) - 1](self)

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as http:
        thread = threading.Thread(target=http.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        state.address = f"http://127.0.0.1:{http.server_port}"
        yield state
        http.shutdown()
        thread.join()
