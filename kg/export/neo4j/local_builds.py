"""Finding a build that is kept here by what a server says of it."""

from __future__ import annotations

import os
from pathlib import Path

from pydantic import ValidationError

from kg.errors import BuildError
from kg.graph.build_dir import Build, Manifest


def find_build(folder: Path, digest: str) -> Build | None:
    """Find a build by its digest.

    Parameters
    ----------
    folder : Path
        Folder of builds.
    digest : str
        `kg.graph.build_dir.Build.digest`.

    Returns
    -------
    Build or None
        Opened and checked; None where it isn't kept, or is damaged.
    """
    for path in sorted(folder.glob("*/manifest.json")):
        if path.parent.name.startswith("."):
            continue
        try:
            manifest = Manifest.model_validate_json(path.read_bytes())
            if Build(path.parent, manifest).digest == digest:
                return Build.open(path.parent.resolve())
        except (OSError, ValidationError, BuildError):  # of another version, or being removed: it is no base
            continue
    return None


def is_alive(pid: int) -> bool:
    """Whether a process of this machine is there."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True
