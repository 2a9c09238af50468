"""Where things are in a folder of builds, and the digest that tells builds apart. Needs nothing to be loaded."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from kg.errors import BuildError

#: Name of the link, beside the builds, to the newest good one.
CURRENT: Final = "current"
MANIFEST: Final = "manifest.json"
#: Number of the tables' shape: a reader refuses a build of another.
SCHEMA_VERSION: Final = 3
#: What a build consists of; `kg.graph.tables.TABLES` has their columns.
TABLE_NAMES: Final = ("records", "mentions", "claims", "evidence", "nodes", "edges", "problems")
_BUILD_ID: Final = re.compile(r"[0-9a-f]{12}")
#: Fewer digits than this are more likely a slip than a build.
_SHORT_ID: Final = re.compile(r"[0-9a-f]{4,12}")


def choose_path(given: Path | None, out: Path) -> Path:
    """Give the folder of the build that a command reads.

    Parameters
    ----------
    given : Path, optional
        A build's folder, its id, or so much of its id as no other build has; without it, ``out/current``.
    out : Path
        The folder of builds.

    Raises
    ------
    BuildError
        If several builds' ids begin so.
    """
    # Resolved once: a reader keeps the build it began with when 'current' moves on.
    if given is None:
        return (out / CURRENT).resolve()
    name = str(given)
    if given.exists() or given.name != name:
        return given
    if name == CURRENT or (out / name / MANIFEST).is_file():
        return (out / name).resolve()
    if not _SHORT_ID.fullmatch(name):
        return given
    found = sorted(p for p in out.glob(f"{name}*") if _BUILD_ID.fullmatch(p.name) and (p / MANIFEST).is_file())
    if len(found) > 1:
        ids = ", ".join(path.name for path in found)
        raise BuildError(f"{len(found)} builds begin with {name!r}: {ids}", str(out), "give more of the id")
    if not found:
        raise BuildError(f"there is no build {name!r}", str(out), "'ls' there shows which there are")
    return found[0]


def digest_tables(sha256s: Mapping[str, str]) -> str:
    """Hash the contents of a build's tables: two builds with the same one are the same graph.

    Parameters
    ----------
    sha256s : mapping of str to str
        Checksum of each table, by its name.
    """
    return hashlib.sha256(json.dumps(sorted(sha256s.items())).encode()).hexdigest()[:24]
