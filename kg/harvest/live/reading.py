"""What a build reads from the record store: files with stable names, and what is wrong with them.

That a record is stale isn't wrong with it: its bytes are the same as when it was fresh, and so is what is built of
them. It is told of the run that couldn't bring it up to date (`stale_records`), not of the build.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

from kg.config import HarvestConfig
from kg.harvest.files import InputFile, file_problem
from kg.harvest.live.clock import seconds_of
from kg.harvest.live.rows import SourceState, StoredItem
from kg.harvest.live.store import RecordStore
from kg.model import Problem, Severity, Source


class StoredFiles(NamedTuple):
    """The store's current records, with the sha256 of each, and problems where there are none or one is damaged."""

    files: tuple[InputFile, ...] = ()
    sha256: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()


def configured_sources(config: HarvestConfig) -> tuple[Source, ...]:
    """Give the sources that the settings name as live ones."""
    return tuple(source for source in Source if getattr(config, source.value, None) is not None)


def stored_files(config: HarvestConfig) -> StoredFiles:
    """Find the current records of every live source; nothing is asked of a network.

    Parameters
    ----------
    config : HarvestConfig
        The store, and which sources are live.

    Returns
    -------
    StoredFiles
        Sorted by source and name. Stale records are among the files; a payload whose bytes aren't those that were
        stored is left out, and an error says so.

    Raises
    ------
    StoreError
        If there is a store and it can't be read.
    """
    sources = configured_sources(config)
    if not sources:
        return StoredFiles()
    if not (config.store / "store.sqlite").is_file():
        return StoredFiles(problems=tuple(_nothing(source) for source in sources))
    files: list[tuple[InputFile, str]] = []
    problems: list[Problem] = []
    with RecordStore.open(config.store, write=False) as store, store.reading():
        for source in sources:
            items = _read_items(store, source)
            if not items:
                problems.append(_nothing(source))
            with ThreadPoolExecutor(4) as threads:  # hashing and reading release the interpreter
                sound = list(threads.map(store.objects.is_sound, (item.sha256 for item in items)))
            for item, is_sound in zip(items, sound, strict=True):
                file = InputFile(source, item.path, item.relative or item.key)
                if is_sound:
                    files.append((file, item.sha256))
                else:
                    problems.append(_damaged(file))
    files.sort(key=lambda found: (found[0].source, found[0].relative))
    return StoredFiles(tuple(file for file, _ in files), tuple(digest for _, digest in files), tuple(problems))


def stale_records(config: HarvestConfig) -> list[Problem]:
    """Tell of the records that a build reads though they couldn't be brought up to date: since when, and why.

    Parameters
    ----------
    config : HarvestConfig
        The store, and which sources are live.

    Returns
    -------
    list of Problem
        A warning for each source that failed as a whole, and for each record that failed by itself.

    Raises
    ------
    StoreError
        If there is a store and it can't be read.
    """
    if not (config.store / "store.sqlite").is_file():
        return []
    with RecordStore.open(config.store, write=False) as store, store.reading():
        return [
            problem
            for source in configured_sources(config)
            for problem in _stale(source, _read_items(store, source), store.source_state(source.value))
        ]


def _read_items(store: RecordStore, source: Source) -> list[StoredItem]:
    return [item for item in store.current(source.value) if item.relative is not None]


def _nothing(source: Source) -> Problem:
    return Problem(
        source=source,
        path=f"{source}/",
        rule="nothing-harvested",
        severity=Severity.WARNING,
        reason="it is a live source, and the record store has no record of it",
        mend=f"run 'kg harvest {source}' before the build",
    )


def _damaged(file: InputFile) -> Problem:
    return file_problem(
        file,
        "damaged-payload",
        "the store's copy of it is missing, or isn't the bytes that were harvested",
        mend="run 'kg store verify --repair', then 'kg harvest'",
    )


def _stale(source: Source, items: list[StoredItem], state: SourceState) -> list[Problem]:
    """One warning for a source that failed as a whole, and one for each item that failed by itself."""
    problems = []
    with_source = []
    for item in items:
        if item.stale_since is None:
            continue
        if (item.stale_since, item.reason) == (state.stale_since, state.reason):
            with_source.append(item)
            continue
        file = InputFile(source, item.path, item.relative or item.key)
        problems.append(
            file_problem(
                file,
                "stale-record",
                f"{_age(item)}: {item.reason}",
                severity=Severity.WARNING,
                mend=f"run 'kg harvest {source}'; the last good copy is used",
            )
        )
    if with_source:
        oldest = min(with_source, key=lambda item: item.checked_at)
        problems.append(
            Problem(
                source=source,
                path=f"{source}/",
                rule="stale-source",
                severity=Severity.WARNING,
                reason=f"{len(with_source)} records of it are stale; {_age(oldest)}: {state.reason}",
                mend=f"run 'kg harvest {source}'; the last good copies are used",
            )
        )
    return problems


def _age(item: StoredItem) -> str:
    """Say how old a copy was when it was last tried: the source may not have been asked since."""
    tried = item.tried_at or item.stale_since or item.checked_at
    days = max(0.0, seconds_of(tried) - seconds_of(item.checked_at)) / 86_400
    age = f"{days:.0f} days" if days >= 2 else f"{days * 24:.0f} hours"
    return f"last known to be current on {item.checked_at[:10]}, {age} before it was last tried on {tried[:10]}"
