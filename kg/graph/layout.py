"""Where things are in a folder of builds, and the digest that tells builds apart. Needs nothing to be loaded."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Final

#: Name of the link, beside the builds, to the newest good one.
CURRENT: Final = "current"
MANIFEST: Final = "manifest.json"


def choose_path(given: Path | None, out: Path) -> Path:
    """Give the folder of the build that a command reads.

    Parameters
    ----------
    given : Path, optional
        A build's folder; without it, ``out/current``.
    out : Path
        The folder of builds.
    """
    # Resolved once: a reader keeps the build it began with when 'current' moves on.
    return given if given is not None else (out / CURRENT).resolve()


def digest_tables(sha256s: Mapping[str, str]) -> str:
    """Hash the contents of a build's tables: two builds with the same one are the same graph.

    Parameters
    ----------
    sha256s : mapping of str to str
        Checksum of each table, by its name.
    """
    return hashlib.sha256(json.dumps(sorted(sha256s.items())).encode()).hexdigest()[:24]
