"""Fixtures that more than one part's tests use."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from kg.build.pipeline import build
from kg.config import KgConfig, load_config, sample_dir
from kg.graph.build_dir import Build

REPOSITORY = Path(__file__).parent.parent


@pytest.fixture(scope="session")
def shared_dir() -> Path:
    """Folder of the measured corpora; tests that need it are skipped where it is absent."""
    folder = Path(os.environ.get("KG_SHARED_DIR", REPOSITORY.parent / "shared"))
    if not (folder / "data").is_dir():
        pytest.skip(f"the measured corpora are not at {folder} (set KG_SHARED_DIR)")
    return folder


@pytest.fixture(scope="session")
def cache_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Cache that the whole session shares, so that vocabularies are compiled once."""
    given = os.environ.get("KG_CACHE_DIR")
    return Path(given) if given else tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="session")
def sample_config(tmp_path_factory: pytest.TempPathFactory, cache_dir: Path) -> KgConfig:
    """Settings that build the bundled sample into a folder of the tests' own."""
    config = load_config(sample_dir() / "kg.toml")
    out = tmp_path_factory.mktemp("builds")
    return config.model_copy(update={"cache_dir": cache_dir, "build": config.build.model_copy(update={"out": out})})


@pytest.fixture(scope="session")
def sample_build(sample_config: KgConfig) -> Build:
    """The bundled sample, built once for every test that reads a build."""
    return build(sample_config).build
