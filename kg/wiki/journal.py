"""What a run has begun to write into a folder for uploads, so that the next can clear away what is left of it."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Final

#: In the folder, while a run writes into it: a line of JSON for each file, before it is written.
JOURNAL: Final = ".unfinished"


def note_file(folder: Path, relative: str) -> None:
    """Add a file to a folder's journal, if one is kept."""
    journal = folder / JOURNAL
    if journal.is_file():
        # One write at the file's end: several processes may do so at a time.
        descriptor = os.open(journal, os.O_WRONLY | os.O_APPEND)
        with os.fdopen(descriptor, "ab") as stream:
            stream.write(json.dumps(relative).encode() + b"\n")


def read_journal(folder: Path) -> frozenset[str]:
    """Give the files that were begun."""
    # The last line may be cut off: then what it names was not begun.
    lines = (folder / JOURNAL).read_text(encoding="utf-8").split("\n")[:-1]
    return frozenset(str(json.loads(line)) for line in lines)
