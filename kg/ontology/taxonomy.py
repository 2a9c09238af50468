"""NCBI's taxonomy of animals, read from the wheel without ever holding it: 1.26 million taxa, 844 MB of JSON.

Two ways in. `read_lineages` pulls a few taxa and their ancestors out of the stream in six seconds;
the compiler does this for the curated species. `Taxonomy` answers for any taxon: the first time it
streams everything into one Parquet file in the cache.
"""

from __future__ import annotations

import io
import json
import logging
import os
import re
from typing import TYPE_CHECKING, Any, NamedTuple

import polars as pl
import zstandard
from filelock import FileLock

from kg.errors import VocabularyParseError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from pathlib import Path

    from kg.ontology.cellxgene import WheelFile

logger = logging.getLogger(__name__)

PREFIX = "NCBITaxon"
_CHUNK = 1 << 20
_BLANK = re.compile(r"[ \t\r\n]*")
#: Characters that hold any key and what follows it.
_LONGEST_KEY = 64
_ROWS_A_PART = 100_000
_SCHEMA = pl.Schema({"number": pl.UInt32, "label": pl.String, "parent": pl.UInt32})
_MEND = "install neurokg's dependencies again"


class Taxon(NamedTuple):
    """A taxon and the one above it."""

    curie: str
    label: str
    parent: str | None


class Taxonomy:
    """Every taxon of a release, looked up in a compiled file.

    Parameters
    ----------
    file : WheelFile
        The wheel's data file.
    cache : Path
        Folder of the compiled file.
    """

    def __init__(self, file: WheelFile, cache: Path) -> None:
        self._file = file
        self._compiled = cache / f"ncbitaxon-{file.version}.parquet"
        self._table: pl.DataFrame | None = None

    @property
    def version(self) -> str:
        """Release of the taxonomy."""
        return self._file.version.removeprefix("v")

    def find(self, curie: str) -> Taxon | None:
        """Look one taxon up."""
        number = _number(curie)
        if number is None:
            return None
        table = self._load()
        at = table["number"].search_sorted(number)
        if at >= table.height or table["number"][at] != number:
            return None
        _, label, parent = table.row(at)
        return Taxon(curie, label, f"{PREFIX}:{parent}" if parent is not None else None)

    def _load(self) -> pl.DataFrame:
        if self._table is None:
            self._compiled.parent.mkdir(parents=True, exist_ok=True)
            with FileLock(f"{self._compiled}.lock"):
                self._table = self._read() if self._compiled.is_file() else None
                if self._table is None:
                    compile_taxonomy(self._file, self._compiled)
                    self._table = pl.read_parquet(self._compiled)
        return self._table

    def _read(self) -> pl.DataFrame | None:
        try:
            table = pl.read_parquet(self._compiled)
        except (pl.exceptions.PolarsError, OSError):
            logger.warning("%s is damaged: it is compiled again", self._compiled)
            return None
        return table if table.schema == _SCHEMA else None


def compile_taxonomy(file: WheelFile, target: Path) -> int:
    """Stream a release into a Parquet file of number, label and parent, sorted by number.

    Parameters
    ----------
    file : WheelFile
    target : Path
        Written aside and renamed, so that it is whole or absent.

    Returns
    -------
    int
        How many taxa there are.

    Raises
    ------
    VocabularyParseError
        If the stream is cut or isn't what the wheel's documentation says.
    """
    logger.info("compiling %s, once: this takes some seconds", file.path.name)
    parts: list[pl.DataFrame] = []
    rows: list[tuple[int, str, int | None]] = []
    for curie, item in iter_items(file.path):
        number = _number(curie)
        if number is not None and not item.get("deprecated"):
            rows.append((number, item["label"], _number(_parent(item) or "")))
        if len(rows) >= _ROWS_A_PART:
            parts.append(pl.DataFrame(rows, schema=_SCHEMA, orient="row"))
            rows.clear()
    parts.append(pl.DataFrame(rows, schema=_SCHEMA, orient="row"))
    table = pl.concat(parts).sort("number")
    # The wheel ends below Metazoa: its topmost taxa name a parent that it doesn't have.
    table = table.with_columns(pl.when(pl.col("parent").is_in(table["number"].implode())).then(pl.col("parent")))
    aside = target.with_name(f"{target.name}.{os.getpid()}.part")
    table.write_parquet(aside)
    aside.replace(target)
    return table.height


def iter_items(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the pairs of one large JSON object in a zstd file, holding one pair at a time.

    Raises
    ------
    VocabularyParseError
        If the stream ends before the object does, or is not a JSON object.
    """
    scan = json.JSONDecoder().raw_decode
    with _open(path) as text:
        buffer, position = _read(text, path).lstrip(), 1
        if not buffer.startswith("{"):
            raise VocabularyParseError("not a JSON object", str(path), _MEND)
        while True:
            try:
                position = _skip(buffer, position)
                if buffer[position] == "}":
                    return
                key, colon = scan(buffer, position)
                value, end = scan(buffer, _skip(buffer, _skip(buffer, colon) + 1))
                # A pair is whole once what follows it has been read too.
                end = _skip(buffer, end)
                follower = buffer[end]
            except (json.JSONDecodeError, IndexError) as error:
                more = _read(text, path)
                if not more:
                    raise VocabularyParseError("the file ends within an entry", str(path), _MEND) from error
                buffer, position = buffer[position:] + more, 0
                continue
            yield key, value
            if follower == "}":
                return
            position = end + 1


def read_lineages(path: Path, curies: Collection[str]) -> dict[str, Taxon]:
    """Pull some taxa and all their ancestors out of the stream.

    Parameters
    ----------
    path : Path
        The wheel's data file.
    curies : collection of str

    Returns
    -------
    dict of str to Taxon
        By CURIE; identifiers that the release doesn't have are left out.
    """
    found = _pull(path, set(curies))
    ancestors = {parent for item in found.values() for parent in item["ancestors"]} - found.keys()
    found |= _pull(path, ancestors)
    # The wheel ends below Metazoa: its topmost taxa name a parent that it doesn't have.
    parents = {curie: parent for curie, item in found.items() if (parent := _parent(item)) in found}
    return {curie: Taxon(curie, item["label"], parents.get(curie)) for curie, item in sorted(found.items())}


def _pull(path: Path, wanted: set[str]) -> dict[str, dict[str, Any]]:
    wanted = {curie for curie in wanted if _number(curie) is not None}
    found: dict[str, dict[str, Any]] = {}
    scan = json.JSONDecoder().raw_decode
    with _open(path) as text:
        rest, is_cut = "", False
        while len(found) < len(wanted) and (chunk := _read(text, path)):
            buffer, is_cut = rest + chunk, False
            rest = buffer[-_LONGEST_KEY:]
            # As a key of the outer object an id is followed by '{', as an ancestor by its distance: cutting
            # there costs a fifth of parsing everything.
            keys = {piece[piece.rfind('"') + 1 :] for piece in buffer.split('":{')}
            places = ((buffer.find(f'"{curie}":{{'), curie) for curie in keys & wanted - found.keys())
            for at, curie in sorted(place for place in places if place[0] >= 0):
                try:
                    found[curie] = scan(buffer, at + len(curie) + 3)[0]
                except json.JSONDecodeError:
                    # The entry goes on in the next chunk: read it again from its key.
                    rest, is_cut = buffer[at:], True
                    break
        if is_cut:
            raise VocabularyParseError("the file ends within an entry", str(path), _MEND)
    return found


def _skip(text: str, position: int) -> int:
    """Give the position of the next character that is no blank."""
    match = _BLANK.match(text, position)
    return match.end() if match else position


def _open(path: Path) -> io.TextIOWrapper:
    try:
        packed = path.open("rb")
    except OSError as error:
        raise VocabularyParseError(f"can't be opened: {error.strerror}", str(path), _MEND) from error
    return io.TextIOWrapper(zstandard.ZstdDecompressor().stream_reader(packed, closefd=True), encoding="utf-8")


def _read(text: io.TextIOWrapper, path: Path) -> str:
    try:
        return text.read(_CHUNK)
    except (zstandard.ZstdError, UnicodeDecodeError) as error:
        raise VocabularyParseError(f"damaged: {error}", str(path), _MEND) from error


def _parent(item: dict[str, Any]) -> str | None:
    return next((curie for curie, distance in item["ancestors"].items() if distance == 1), None)


def _number(curie: str) -> int | None:
    prefix, _, number = curie.partition(":")
    return int(number) if prefix == PREFIX and number.isascii() and number.isdigit() and len(number) < 10 else None
