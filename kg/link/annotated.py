"""Annotated corpora: a table of gold mentions and a folder of texts.

The table has the header ``doc spans curie surface split``, separated by tabs, without quoting;
``spans`` is ``start-end`` in code points, ``;`` between the parts of a discontinuous mention, and empty
for a document without mentions. The text of a document is ``<doc>.txt``.
"""

from __future__ import annotations

import csv
import gzip
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from kg.errors import LinkError

Spans = tuple[tuple[int, int], ...]

_COLUMNS: Final = ("doc", "spans", "curie", "surface", "split")
#: Longest field that is read: a table that some other program wrote may have whole paragraphs in a cell.
_LONGEST_FIELD: Final = 1 << 24


@dataclass
class Gold:
    """Gold mentions, by document."""

    #: (document, spans, CURIE) -> surface, in the order of the table.
    mentions: dict[tuple[str, Spans, str], str] = field(default_factory=dict)
    docs: set[str] = field(default_factory=set)

    def of(self, doc: str) -> list[tuple[Spans, str]]:
        """Give the mentions of one document."""
        if not self._by_doc and self.mentions:
            for name, spans, curie in self.mentions:
                self._by_doc.setdefault(name, []).append((spans, curie))
        return self._by_doc.get(doc, [])

    _by_doc: dict[str, list[tuple[Spans, str]]] = field(default_factory=dict)


def read_gold(path: Path, *, split: str | None = None) -> Gold:
    """Read a table of gold mentions, gzipped or not.

    Parameters
    ----------
    path : Path
        The table.
    split : str, optional
        Keep this split alone.

    Raises
    ------
    LinkError
        Naming the line that can't be read, or the splits there are if none of the table is of `split`.
    """
    gold = Gold()
    splits: set[str] = set()
    opener = gzip.open if path.suffix == ".gz" else open
    mend = "separate doc, spans, curie, surface and split by tabs; spans are '12-19' or '12-15;20-24'"
    csv.field_size_limit(_LONGEST_FIELD)
    try:
        with opener(path, "rt", encoding="utf-8", newline="") as lines:
            reader = csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)
            if missing := set(_COLUMNS) - set(reader.fieldnames or ()):
                raise LinkError(f"the table has no column {', '.join(sorted(missing))}", f"{path}:1", mend)
            for row in reader:
                splits.add(row["split"])
                if split is not None and row["split"] != split:
                    continue
                gold.docs.add(row["doc"])
                if row["spans"]:
                    spans = _parse_spans(row["spans"], f"{path}:{reader.line_num}", mend)
                    gold.mentions[row["doc"], spans, row["curie"]] = row["surface"]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise LinkError(f"the table of mentions can't be read: {error}", str(path), mend) from error
    if not gold.docs:
        known = ", ".join(sorted(filter(None, splits))) or "none"
        raise LinkError(f"no document is of split {split!r}", str(path), f"the splits are: {known}")
    return gold


def _parse_spans(text: str, where: str, mend: str) -> Spans:
    try:
        spans = tuple((int(first), int(last)) for first, last in (part.split("-") for part in text.split(";")))
    except ValueError as error:
        raise LinkError(f"{text!r} are no spans", where, mend) from error
    # An empty part is an annotator's slip, and a mention that no one can make: it counts as missed.
    if any(not 0 <= first <= last for first, last in spans):
        raise LinkError(f"the span {text!r} runs backwards", where, mend)
    return spans


def read_text(path: Path) -> str:
    r"""Read a text as its offsets count it: UTF-8, ``\r`` kept.

    Raises
    ------
    LinkError
        If there is no such file or it is not UTF-8.
    """
    try:
        with path.open(encoding="utf-8", newline="") as stream:
            return stream.read()
    except UnicodeDecodeError as error:
        mend = "convert the file, for example with iconv"
        raise LinkError(f"not UTF-8: byte {error.start}", str(path), mend) from error
    except OSError as error:
        raise LinkError(f"can't be read: {error.strerror}", str(path), "name a text file") from error


def iter_texts(gold: Gold, folder: Path) -> Iterator[tuple[str, str]]:
    """Give each document of a gold table with its text, in order.

    Raises
    ------
    LinkError
        If a document has no text in the folder, or a text is shorter than its mentions say.
    """
    absent = sorted(doc for doc in gold.docs if not (folder / f"{doc}.txt").is_file())
    if absent:
        shown = ", ".join(absent[:3])
        mend = "name the folder that has <doc>.txt for each doc of the table"
        raise LinkError(f"{len(absent)} documents have no text (first: {shown})", str(folder), mend)
    for doc in sorted(gold.docs):
        text = read_text(folder / f"{doc}.txt")
        last = max((spans[-1][1] for spans, _ in gold.of(doc)), default=0)
        if last > len(text):
            mend = "offsets count characters, not bytes; is this the text that was annotated?"
            raise LinkError(f"a mention ends at {last}, the text has {len(text)} characters", f"{folder}/{doc}", mend)
        yield doc, text
