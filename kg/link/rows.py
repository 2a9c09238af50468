"""Files of surfaces: a user's own list of names."""

from __future__ import annotations

import gzip
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from kg.errors import LinkError
from kg.link.entries import Row, category_of
from kg.model.term import Scope

#: Statuses of a lexicon file, and the scopes they stand for.
STATUSES: Final = {
    "name": Scope.LABEL,
    "label": Scope.LABEL,
    "exact": Scope.EXACT,
    "narrow": Scope.NARROW,
    "broad": Scope.BROAD,
    "related": Scope.RELATED,
    "abbreviation": Scope.ABBREVIATION,
    "adjective": Scope.ADJECTIVE,
    "process": Scope.PROCESS,
}


def read_lexicon_rows(path: Path) -> Iterator[Row]:
    """Read a file of surfaces: ``curie, surface, status`` separated by tabs, gzipped or not.

    Raises
    ------
    LinkError
        Naming the line, if it has not these three fields or an unknown status.
    """
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rt", encoding="utf-8", newline="\n") as lines:
        for number, line in enumerate(lines, 1):
            fields = line.rstrip("\r\n").split("\t")
            if not line.strip() or (number == 1 and fields[0] == "curie"):
                continue
            if len(fields) != 3 or fields[2] not in STATUSES:
                raise LinkError(
                    "a row has not curie, surface and status",
                    f"{path}:{number}",
                    f"separate them by tabs; status is one of {', '.join(STATUSES)}",
                    line=number,
                )
            curie, surface, status = fields
            yield Row(curie, category_of(curie), surface, STATUSES[status])


def rows_of_sequence(rows: Sequence[tuple[str, str, str]]) -> list[Row]:
    """Make rows of ``(curie, surface, status)`` tuples."""
    return [Row(curie, category_of(curie), surface, STATUSES[status]) for curie, surface, status in rows]
