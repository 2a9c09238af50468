"""Going back to the build before; apart from publishing, which loads a linker to ask the gates."""

from __future__ import annotations

from kg.build.lock import PUBLICATION, only_one
from kg.config import KgConfig
from kg.errors import BuildError
from kg.graph.build_dir import Build
from kg.graph.publications import roll_back


def take_back(config: KgConfig) -> Build:
    """Make the build before the current one current again."""
    out = config.build.out
    if not out.is_dir():
        raise BuildError("there is no build here", str(out), "make one with 'kg build'")
    with only_one(out / PUBLICATION):
        return roll_back(out)
