"""Public releases: which are pinned, which are pulled."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    from kg.config import KgConfig


def find_pulled(config: KgConfig, *, names: Collection[str]) -> dict[str, Path]:
    """Find the releases among `names` that are in the cache."""
    return {}
