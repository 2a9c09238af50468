"""The parts of a graph, with no more work than has changed since they were last put together.

Three stores in the cache keep what was worked out: which records a file has, by the file's bytes; a record's
mentions and rows, by what it says; a record's claims, by what it says and by what was asked of others. Each
store is of one version of the code, the vocabularies and the settings that it depends on, so that nothing has
to be thrown away when one of them changes, and all of it can be: ``docs/decisions/0011-build-cache.md``.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, NamedTuple

import polars as pl

from kg.build.choosing import choose_records
from kg.build.deriving import CLAIM_TABLES, index_of, outdated, papers_of
from kg.build.linking import FILE_TABLES, RECORD_TABLES, LinkTask
from kg.build.segments import Store, drop_old_versions, joined, size_of
from kg.build.snapshot import Snapshot, settings_of
from kg.build.versions import digest_of_tree, version_of
from kg.build.workers import DeriveTask, Stored, Workers, read_stored
from kg.claims.ontological import derive_ontological_claims
from kg.claims.policy import check_policy
from kg.claims.publications import PublicationIndex
from kg.config import KgConfig, curated_dir
from kg.errors import BuildError
from kg.graph.causes import TABLES_OF_RULES
from kg.graph.facts import CLAIM_PARTS, PARTS, RECORD_PARTS, claim_rows, problem_rows
from kg.graph.tables import LazyTables, frame_of, write_table
from kg.harvest import InputFile
from kg.model import DatasetRecord, Problem, Source
from kg.model.progress import Progress
from kg.ontology import Vocabulary

#: Bytes of input in a task: small enough to share the work out, large enough to be worth a message.
_TASK_BYTES: Final = 1_000_000
#: Records in a task that derives claims.
_TASK_RECORDS: Final = 250
#: Below this many bytes of input, or records, a second process costs more than it gives.
_PARALLEL_BYTES: Final = 4_000_000
_PARALLEL_RECORDS: Final = 1_500
#: Bytes of tables that are gathered before they become a segment.
_SEGMENT_BYTES: Final = 96_000_000
#: Versions of each store that are kept: going back to yesterday's code finds yesterday's work.
_VERSIONS: Final = 4


class Gathered(NamedTuple):
    """Everything that a graph is put together from."""

    #: `kg.graph.facts.PARTS`, read from the stores when one is asked for.
    parts: Mapping[str, pl.DataFrame]
    #: How many records there are, and how many were linked and judged anew.
    records: int
    linked: int
    derived: int
    #: Called when the build is done: notes in the stores what it used, and drops what none has used for long.
    tidy: Callable[[], None]


class _Stores:
    """The three stores for a configuration."""

    def __init__(self, config: KgConfig, vocabulary: Vocabulary) -> None:
        self.root = config.cache_dir / "records"
        tables = {curated_dir(), config.vocabularies.curated or curated_dir()}
        own = sorted(digest_of_tree(folder, without=TABLES_OF_RULES) for folder in tables)
        every = sorted(digest_of_tree(folder) for folder in tables)
        linked = _digest(version_of("records"), vocabulary.fingerprint, own, settings_of(config))
        self.files = Store(self.root / f"files-{version_of('files')}", FILE_TABLES)
        self.records = Store(self.root / f"linked-{linked}", RECORD_TABLES)
        self.claims = Store(self.root / f"claims-{_digest(linked, version_of('derive'), every)}", CLAIM_TABLES)

    def tidy(self, files: pl.Series, records: pl.Series, place: Path) -> None:
        """Note what was used."""
        self.files.tidy(files, place)
        self.records.tidy(records, place)
        self.claims.tidy(records, place)
        for kind in ("files", "linked", "claims"):
            drop_old_versions(self.root, kind, keep=_VERSIONS)


def gather(config: KgConfig, snapshot: Snapshot, vocabulary: Vocabulary, progress: Progress) -> Gathered:
    """Read, link and judge what has changed, and take the rest from the cache.

    Parameters
    ----------
    config : KgConfig
        Settings; ``cache_dir`` has the stores.
    snapshot : Snapshot
        The files.
    vocabulary : Vocabulary
        What `config` names, loaded.
    progress : Progress
        Told of records.

    Returns
    -------
    Gathered
        The same for the same inputs, whatever was in the cache.

    Raises
    ------
    BuildError
        If no file holds a record, or a worker process died.
    """
    stores = _Stores(config, vocabulary)
    keys = [
        hashlib.blake2b(
            f"{file.source.value}\0{file.relative}\0{digest}".encode("utf-8", "surrogateescape"),
            digest_size=16,
        ).hexdigest()
        for file, digest in zip(snapshot.files, snapshot.sha256, strict=True)
    ]
    known = set(stores.records.keys().to_list())
    with Workers(config, vocabulary, known) as workers:
        files, linked = _link(stores, snapshot, keys, workers, progress)
        members = stores.files.read("members", files)
        chosen, duplicates = choose_records(
            members.join(
                _places(stores.records, members["record"].unique()), left_on="record", right_on="key"
            ).pipe(_with_entries, stores.records)
        )
        file_problems = stores.files.read("problems", files)
        if chosen.is_empty():
            raise _nothing(len(snapshot.files), file_problems)
        places = chosen.select("segment", "entry")
        facts = stores.records.read("index", places)
        claims, derived = _derive(stores, chosen, facts, workers, progress)
    # Beside the tables that don't ask for it: this is Python's own work, that is Polars'.
    ontological = _begin(
        lambda: _ontological(stores.claims.read("claims", claims, ["subject", "object"]), vocabulary)
    )

    def of_claims(name: str) -> pl.DataFrame:
        return pl.concat([stores.claims.read(name, claims), ontological().tables[name]])

    def problems() -> pl.DataFrame:
        found = problem_rows([*snapshot.problems, *duplicates, *ontological().faults])
        known = [file_problems, stores.claims.read("problems", claims)]
        return pl.concat([*known, frame_of(found, PARTS["problems"], "problems")])

    def records() -> pl.DataFrame:
        # Where a record lies is its file's to say: what it says may have been read from another file's bytes.
        receipts = chosen.select("id", "sha256", "size_bytes", "position")
        said = stores.records.read("records", places).drop("sha256", "size_bytes", "position")
        return said.join(receipts, on="id").select(PARTS["records"].names())

    readers: dict[str, Callable[[], pl.DataFrame]] = {
        **{name: partial(stores.records.read, name, places) for name in (*RECORD_PARTS, "mentions")},
        **{name: partial(of_claims, name) for name in CLAIM_PARTS},
        "records": records,
        "problems": problems,
    }

    def tidy() -> None:
        stores.tidy(pl.Series(keys), chosen["record"], config.build.out)

    return Gathered(LazyTables(readers), chosen.height, linked, derived, tidy)


def _link(
    stores: _Stores, snapshot: Snapshot, keys: list[str], workers: Workers, progress: Progress
) -> tuple[pl.DataFrame, int]:
    """Read and link what isn't known; give the places of every file, and how many records were linked."""
    wanted = pl.Series("key", keys, dtype=pl.String)
    places = _places(stores.files, wanted)
    members = stores.files.read("members", places.select("segment", "entry", "key"), ["record"])
    unlinked = set(members.filter(~pl.col("record").is_in(stores.records.keys().implode()))["key"].to_list())
    read = set(places["key"].to_list())
    todo = [
        (file, key, key in read)
        for file, key in zip(snapshot.files, keys, strict=True)
        if key not in read or key in unlinked
    ]
    linked = 0
    if todo:
        sizes = [_size(file) for file, _, _ in todo]
        file_pieces: list[Mapping[str, pl.DataFrame]] = []
        record_pieces: list[Mapping[str, pl.DataFrame]] = []

        def flush() -> None:
            # Records first: a file is known when all of its records are.
            for store, pieces in ((stores.records, record_pieces), (stores.files, file_pieces)):
                if pieces:
                    store.add(_once(joined(pieces)))
                    pieces.clear()

        tasks = [LinkTask(tuple(part)) for part in _cut(todo, sizes)]
        held = done = 0
        for task, result in zip(tasks, workers.link(tasks, is_small=sum(sizes) < _PARALLEL_BYTES), strict=True):
            file_pieces.append(result.files)
            record_pieces.append(result.records)
            linked += result.records["entries"].height
            held += size_of(result.records)
            done += len(task.files)
            progress("reading and linking files", done, len(todo))
            if held > _SEGMENT_BYTES:
                flush()
                held = 0
        flush()
        stores.records.refresh()
        stores.files.refresh()
        places = _places(stores.files, wanted)
    if places.height != wanted.n_unique():
        raise BuildError(
            "what was just written to the cache can't be read back",
            str(stores.root),
            "is the disk full, or does something else remove files there? The folder is safe to delete",
        )
    return places.select("segment", "entry"), linked


def _once(tables: dict[str, pl.DataFrame]) -> dict[str, pl.DataFrame]:
    """Leave out entries whose key stands there already: two tasks may have found the same record."""
    entries = tables["entries"].with_row_index("entry")
    if not entries["key"].is_duplicated().any():
        return tables
    kept = entries.unique("key", keep="first", maintain_order=True).with_row_index("new")
    numbers = kept.select("entry", pl.col("new").cast(pl.UInt32))
    result = {"entries": kept.drop("new", "entry")}
    for name, table in tables.items():
        if name != "entries":
            own = table.join(numbers, on="entry", maintain_order="left")
            result[name] = own.with_columns(entry="new").drop("new")
    return result


def _places(store: Store, keys: pl.Series) -> pl.DataFrame:
    """Give the newest place of each key that the store has."""
    return (
        store.places().filter(pl.col("key").is_in(keys.implode())).unique("key", keep="first", maintain_order=True)
    )


def _with_entries(members: pl.DataFrame, store: Store) -> pl.DataFrame:
    entries = store.read("entries", members.select("segment", "entry", "record").unique())
    return members.join(entries, on="record")


def _derive(
    stores: _Stores, chosen: pl.DataFrame, facts: pl.DataFrame, workers: Workers, progress: Progress
) -> tuple[pl.DataFrame, int]:
    """Derive the claims that aren't known; give the places of every record's, and how many were derived."""
    index = index_of(facts)
    keys = dict(chosen.select("id", "record").iter_rows())
    wanted = chosen["record"].unique()
    candidates = stores.claims.places().filter(pl.col("key").is_in(wanted.implode()))
    asked = stores.claims.read("asked", candidates.with_columns(of="segment", number="entry").drop("key"))
    stale = outdated(asked, index, keys).select(segment="of", entry="number").unique()
    valid = candidates.join(stale, on=["segment", "entry"], how="anti", maintain_order="left").unique(
        "key", keep="first", maintain_order=True
    )
    missing = (
        chosen.join(valid, left_on="record", right_on="key", how="anti").unique("record").sort("segment", "entry")
    )
    if not missing.is_empty():
        with TemporaryDirectory(prefix="facts-", dir=stores.root) as folder:
            path = Path(folder) / "index.parquet"
            write_table(facts, path)
            tasks = _derive_tasks(stores, missing, chosen, index, path)
            pieces: list[Mapping[str, pl.DataFrame]] = []
            done = held = 0
            for tables in workers.derive(list(tasks), index, is_small=missing.height < _PARALLEL_RECORDS):
                pieces.append(tables)
                done += tables["entries"].height
                held += size_of(tables)
                progress("deriving claims", done, missing.height)
                if held > _SEGMENT_BYTES:
                    stores.claims.add(joined(pieces))
                    pieces, held = [], 0
        if pieces:
            stores.claims.add(joined(pieces))
        # Numbers of segments change when there is one more: keep the places by its folder's name.
        old = [segment.path.name for segment in stores.claims.segments]
        stores.claims.refresh()
        now = {segment.path.name: number for number, segment in enumerate(stores.claims.segments)}
        moved = {number: now.get(name) for number, name in enumerate(old)}
        valid = valid.with_columns(pl.col("segment").replace_strict(moved, return_dtype=pl.UInt32))
        fresh = _places(stores.claims, missing["record"])
        valid = pl.concat([valid, fresh])
    if valid["segment"].null_count() or valid.height != wanted.len():
        raise BuildError(
            "what was just written to the cache can't be read back",
            str(stores.root),
            "is the disk full, or does something else remove files there? The folder is safe to delete",
        )
    return valid.select("segment", "entry"), missing.height


def _derive_tasks(
    stores: _Stores, missing: pl.DataFrame, chosen: pl.DataFrame, index: PublicationIndex, facts: Path
) -> Iterable[DeriveTask]:
    """Cut the records into tasks, segment by segment; with datasets go the papers that describe them."""
    papers = {
        curie: (segment, entry) for curie, segment, entry in chosen.select("id", "segment", "entry").iter_rows()
    }
    for (segment, is_dataset), part in missing.with_columns(
        is_dataset=pl.col("source") == Source.DANDI.value
    ).group_by("segment", "is_dataset", maintain_order=True):
        entries = part["entry"].sort().to_list()
        for start in range(0, len(entries), _TASK_RECORDS):
            records = Stored(
                stores.records.segments[int(segment)].path, tuple(entries[start : start + _TASK_RECORDS])
            )
            wanted: dict[int, set[int]] = {}
            for keyed in read_stored(records) if is_dataset else ():
                if isinstance(record := keyed.item.record, DatasetRecord):
                    for place in (papers[curie] for curie in papers_of(record, index) if curie in papers):
                        wanted.setdefault(place[0], set()).add(place[1])
            beside = tuple(
                Stored(stores.records.segments[number].path, tuple(sorted(found)))
                for number, found in sorted(wanted.items())
            )
            yield DeriveTask(records, beside, facts)


class _Ontological(NamedTuple):
    """The hierarchy above the terms that other claims name: its rows of `CLAIM_PARTS`, and what is wrong with it."""

    tables: dict[str, pl.DataFrame]
    faults: list[Problem]


def _ontological(claims: pl.DataFrame, vocabulary: Vocabulary) -> _Ontological:
    ends = pl.concat([claims["subject"], claims["object"].alias("subject")]).unique().to_list()
    supported = list(derive_ontological_claims({end for end in ends if end in vocabulary}, vocabulary))
    rows = claim_rows(supported)
    tables = {name: frame_of(rows[name], PARTS[name], name) for name in CLAIM_PARTS}
    return _Ontological(tables, list(check_policy((), supported, vocabulary)))


def _begin(work: Callable[[], _Ontological]) -> Callable[[], _Ontological]:
    """Do some work in a thread; give what waits for its result."""
    threads = ThreadPoolExecutor(1)
    result = threads.submit(work).result
    threads.shutdown(wait=False)
    return result


def _cut(todo: list[tuple[InputFile, str, bool]], sizes: list[int]) -> Iterable[list[tuple[InputFile, str, bool]]]:
    part: list[tuple[InputFile, str, bool]] = []
    held = 0
    for item, size in zip(todo, sizes, strict=True):
        part.append(item)
        held += size
        if held >= _TASK_BYTES:
            yield part
            part, held = [], 0
    if part:
        yield part


def _size(file: InputFile) -> int:
    return file.path.stat().st_size * (6 if file.path.suffix == ".gz" else 1)


def _nothing(files: int, problems: pl.DataFrame) -> BuildError:
    first = problems.head(3).select("path", "reason").iter_rows()
    return BuildError(
        f"none of the {files} input files holds a record; "
        + "; ".join(f"{path}: {reason}" for path, reason in first),
        "kg.toml",
        "mend the files, or name other folders under [sources]",
    )


def _digest(*parts: object) -> str:
    canonical = json.dumps(parts, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(canonical.encode("utf-8", "surrogatepass")).hexdigest()[:16]
