"""The folders that come with the package."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from pathlib import Path

from kg.errors import ConfigError


@cache
def _resource_dir(installed: str, in_tree: str) -> Path:
    package = Path(str(files("kg")))
    for folder in (package / installed, package.parent / in_tree):
        if folder.is_dir():
            return folder
    raise ConfigError(f"the package's folder {in_tree!r} is missing", str(package), "install the package again")


def curated_dir() -> Path:
    """Folder of the curated vocabularies and tables that come with the package."""
    return _resource_dir("_ontologies", "ontologies")


def sample_dir() -> Path:
    """Folder of the sample that comes with the package, with its ``kg.toml``."""
    return _resource_dir("_data", "data")
