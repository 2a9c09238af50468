"""What tests of builds share: vocabularies and linkers are loaded once, so that a small build takes a moment."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache
from pathlib import Path

import pytest

from kg.config import KgConfig, LinkConfig
from kg.graph.build_dir import Build
from kg.link import Linker
from kg.ontology import Vocabulary, load_vocabulary


@pytest.fixture(scope="session")
def loaded(sample_config: KgConfig, sample_build: Build) -> Vocabulary:
    """Load the vocabularies of the sample, in the session's cache already."""
    return load_vocabulary(sample_config)


@pytest.fixture(scope="session")
def linker_of(sample_config: KgConfig, loaded: Vocabulary) -> Callable[[LinkConfig], Linker]:
    """Give a linker of the sample's vocabularies, each setting's once a session."""
    own = Linker.from_vocabulary
    return lru_cache(lambda config: own(loaded, config, cache_dir=sample_config.cache_dir))


@pytest.fixture(scope="module")
def linkers(loaded: Vocabulary, linker_of: Callable[[LinkConfig], Linker]) -> Iterator[pytest.MonkeyPatch]:
    """Load vocabularies and linkers once, whatever cache a build is given; other tests aren't touched."""

    def from_vocabulary(vocabulary: Vocabulary, config: LinkConfig, *, cache_dir: Path) -> Linker:
        return linker_of(config)

    with pytest.MonkeyPatch.context() as patch:
        for module in ("pipeline", "publication", "nightly"):
            patch.setattr(f"kg.build.{module}.load_vocabulary", lambda config, **_: loaded)
        patch.setattr("kg.build.workers.Linker.from_vocabulary", from_vocabulary)
        yield patch


@pytest.fixture
def quick(linkers: pytest.MonkeyPatch) -> None:
    """Make builds of this test with the session's vocabularies and linkers."""
