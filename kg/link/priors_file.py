"""Files of priors: the counts of an annotated corpus as a table.

The first line is ``# kg priors 1``, the corpus's size and the threshold; then comes a header and a row a
count, separated by tabs. Rows of kind ``surface`` say what a surface was annotated with, how often, in how
many documents, and how often it stood there unannotated (`left` and `right` are characters at its ends that
the mention leaves out: "natal" of "postnatal"); ``before`` and ``after`` say the same of the surface beside
a word; ``plain`` is a phrase that is never annotated. People may edit the counts.
"""

from __future__ import annotations

import gzip
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from kg.errors import LinkError
from kg.link.priors import Counts, Meaning, Neighbour, Priors, Surface, surface_of
from kg.link.tokens import BREAK

_COLUMNS: Final = ("kind", "surface", "word", "curie", "left", "right", "annotated", "documents", "unannotated")
_HEAD: Final = re.compile(r"# kg priors 1\tdocuments (\d+)\tthreshold (0\.\d+)")
#: An empty line, written: no key has this sign.
_BREAK_SIGN: Final = "\u00b6"


def priors_text(priors: Priors) -> str:
    """Write priors as a table, rows sorted: equal counts give equal bytes."""
    counts = priors.counts
    head = f"# kg priors 1\tdocuments {counts.documents}\tthreshold {priors.threshold:.2f}\n"
    lines = sorted("\t".join(map(str, row)) for row in _rows(counts))
    return head + "\t".join(_COLUMNS) + "\n" + "".join(f"{line}\n" for line in lines)


def _rows(counts: Counts) -> Iterator[tuple[object, ...]]:
    written = {surface: _writing(surface, raw) for surface, raw in counts.written.items()}
    for surface, meanings in counts.annotated.items():
        missed = counts.unannotated[surface]
        for meaning, count in meanings.items():
            spread = counts.spread[surface, meaning]
            yield "surface", written[surface], "", *meaning, count, spread, missed
    for surface, count in counts.unannotated.items():
        if surface not in counts.annotated:
            yield "plain", written[surface], "", "", 0, 0, 0, 0, count
    for (surface, side, word), (right, wrong) in counts.beside.items():
        yield side, written[surface], word.replace(BREAK, _BREAK_SIGN), "", 0, 0, right, 0, wrong


def _writing(surface: Surface, raw: str) -> str:
    """Give what reads back as the surface: its writing, or where that folds otherwise by itself, its key."""
    return raw if surface_of(raw) == surface else surface.key


def write_priors(priors: Priors, path: Path) -> None:
    """Write priors to a file, gzipped if its name ends in ``.gz``."""
    data = priors_text(priors).encode("utf-8", "backslashreplace")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(data, mtime=0) if path.suffix == ".gz" else data)


def read_priors(path: Path) -> Priors:
    """Read a file of priors.

    Raises
    ------
    LinkError
        Naming the line that is not as `kg lexicon learn` writes it.
    """
    mend = "make the file with 'kg lexicon learn'"
    opener = gzip.open if path.suffix == ".gz" else open
    try:
        with opener(path, "rt", encoding="utf-8", newline="\n") as stream:
            lines = stream.read().split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise LinkError(f"the priors can't be read: {error}", str(path), mend) from error
    head = _HEAD.fullmatch(lines[0])
    if head is None or len(lines) < 2 or tuple(lines[1].split("\t")) != _COLUMNS:
        raise LinkError("this is no file of priors", str(path), mend)
    counts = Counts(documents=int(head[1]))
    for number, line in enumerate(lines[2:], 3):
        if not line:
            continue
        fields = line.split("\t")
        try:
            if len(fields) != len(_COLUMNS):
                raise ValueError(f"{len(fields)} fields")
            _read_row(counts, fields)
        except ValueError as error:
            columns = ", ".join(_COLUMNS)
            raise LinkError(
                f"a row can't be read ({error})", f"{path}:{number}", f"its fields are {columns}"
            ) from error
    return Priors(counts, threshold=float(head[2]))


def _read_row(counts: Counts, fields: list[str]) -> None:
    kind, raw, word, curie = fields[:4]
    left, right, annotated, documents, unannotated = map(int, fields[4:])
    surface = surface_of(raw)
    if kind in ("before", "after"):
        counts.beside[Neighbour(surface, kind, word.replace(_BREAK_SIGN, BREAK))] = annotated, unannotated
        return
    if kind not in ("surface", "plain"):
        raise ValueError(f"no such kind: {kind!r}")
    counts.written.setdefault(surface, raw)
    if unannotated:
        counts.unannotated[surface] = unannotated
    if kind == "surface":
        meaning = Meaning(curie, left, right)
        counts.annotated.setdefault(surface, Counter())[meaning] += annotated
        counts.spread[surface, meaning] = documents
