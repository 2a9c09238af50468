"""A folder of changed pages and its manifest: what to upload to a wiki that lives behind an API.

The folder holds what one run wrote, and nothing else. While a run writes into it, a journal lists what it writes, so
that the next can clear away what one that was killed has left; whatever no run wrote is never touched.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from kg.errors import ConfigError, WikiError
from kg.wiki.files import PageFile
from kg.wiki.journal import JOURNAL, read_journal
from kg.wiki.updating import CHANGES, Updated

MANIFEST: Final = "manifest.json"
#: Number of the manifest's shape.
_SHAPE: Final = 1
_NAME_ANOTHER: Final = "name a new or empty folder"


class UploadFolder:
    """A folder that is ready for a run to write changed pages into; `open_folder` makes it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def write_manifest(self, build_id: str, results: Iterable[Updated], *, run_id: str | None = None) -> int:
        """Write what is to be uploaded, by which run of ``kg nightly`` if any, and give how many pages that is.

        Raises
        ------
        WikiError
            If several files are the same page: the manifest is written, and has none of them.
        """
        changed = [result for result in results if result.action in CHANGES and result.page_id is not None]
        times = Counter(result.page_id for result in changed)
        doubled = [result for result in changed if times[result.page_id] > 1]
        for result in doubled:
            (self.folder / result.relative).unlink(missing_ok=True)
        pages = [_entry(result) for result in changed if times[result.page_id] == 1]
        found = {"shape": _SHAPE, "build": build_id, "run_id": run_id, "pages": pages}
        text = json.dumps(found, ensure_ascii=False, indent=2) + "\n"
        aside = self.folder / f"{MANIFEST}.part"
        aside.write_text(text, encoding="utf-8")
        aside.replace(self.folder / MANIFEST)
        (self.folder / JOURNAL).unlink()
        if doubled:
            names = ", ".join(f"{result.path} ({result.page_id})" for result in doubled[:4])
            raise WikiError(
                f"{len(doubled)} files are pages that others are as well, and are not in the manifest: {names}",
                str(self.folder),
                "keep one file a page",
            )
        return len(pages)


def _entry(result: Updated) -> dict[str, Any]:
    assert result.page_id is not None
    slug = result.page_id.removeprefix("wiki:")
    return {
        "id": result.page_id,
        "slug": slug,
        # As the wiki's API names its pages: POST /api/scidex/get takes {"ref": {"type": …, "id": …}}.
        "ref": {"type": "wiki_page", "id": f"wiki-{slug.replace('/', '-')}"},
        "path": result.relative,
        "action": result.action.value,
        "sha256_old": result.sha256,
        "sha256_new": result.new_sha256,
    }


@contextmanager
def open_folder(folder: Path, pages: Sequence[PageFile]) -> Iterator[UploadFolder]:
    """Make the folder that changed pages are written to; what an earlier run wrote there is removed.

    Parameters
    ----------
    folder : Path
        New, empty, or an earlier run's.
    pages : sequence of PageFile
        Those that may be written.

    Yields
    ------
    UploadFolder
        No other run writes there meanwhile.

    Raises
    ------
    ConfigError
        If the folder holds anything else, or another run writes into it, or pages are read from it, or two would be
        written to one file.
    """
    _check_pages(folder, pages)
    folder.mkdir(parents=True, exist_ok=True)
    journal = folder / JOURNAL
    if not journal.is_file() and not (folder / MANIFEST).is_file() and next(folder.iterdir(), None) is not None:
        raise ConfigError("the folder holds something else; it is left alone", f"--to {folder}", _NAME_ANOTHER)
    descriptor = os.open(journal, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o644)
    try:
        if not _hold(descriptor) or not journal.is_file() or os.fstat(descriptor).st_ino != journal.stat().st_ino:
            raise ConfigError("another update is writing into the folder", f"--to {folder}", "wait for it to end")
        try:
            _clear(folder)
            os.ftruncate(descriptor, 0)
            yield UploadFolder(folder)
        finally:
            if journal.is_file() and not journal.stat().st_size:
                journal.unlink()  # nothing was written, and nothing need be cleared away
    finally:
        os.close(descriptor)


def _check_pages(folder: Path, pages: Sequence[PageFile]) -> None:
    inside = folder.absolute().resolve()
    targets: dict[str, Path] = {}
    for page in pages:
        if page.path.resolve().is_relative_to(inside):
            raise ConfigError("pages are read from this folder", f"--to {folder}", _NAME_ANOTHER)
        first = targets.setdefault(page.relative, page.path)
        if first != page.path:
            raise ConfigError(
                f"two pages would be written to {page.relative}: {first} and {page.path}",
                f"--to {folder}",
                "update one wiki at a time, each with a folder of its own",
            )


def _clear(folder: Path) -> None:
    """Remove what earlier runs wrote, if there is nothing else."""
    listed, journaled = _listed(folder / MANIFEST), read_journal(folder)
    found = list(_files(folder))
    # A file that somebody has changed since is theirs. What a run that was killed wrote may be half a file.
    others = [
        relative
        for relative in found
        if relative not in journaled and (relative not in listed or not _is_as_written(folder, relative, listed))
    ]
    if others:
        raise ConfigError(
            f"the folder holds what no update wrote there ({', '.join(others[:3])}); it is left alone",
            f"--to {folder}",
            _NAME_ANOTHER,
        )
    for relative in found:
        (folder / relative).unlink()
    (folder / MANIFEST).unlink(missing_ok=True)
    (folder / f"{MANIFEST}.part").unlink(missing_ok=True)


def _files(folder: Path) -> Iterator[str]:
    """Give whatever is in a folder and no folder itself, but for the manifest and the journal."""
    for here, folders, names in os.walk(folder):
        below = Path(here).relative_to(folder)
        for name in sorted([*names, *(name for name in folders if (Path(here) / name).is_symlink())]):
            relative = (below / name).as_posix()
            if relative not in (MANIFEST, f"{MANIFEST}.part", JOURNAL):
                yield relative


def _is_as_written(folder: Path, relative: str, listed: dict[str, str]) -> bool:
    path = folder / relative
    if path.is_symlink() or not path.is_file():
        return False
    return hashlib.sha256(path.read_bytes()).hexdigest() == listed[relative]


def _listed(manifest: Path) -> dict[str, str]:
    if not manifest.is_file():
        return {}
    try:
        return {str(page["path"]): str(page["sha256_new"]) for page in json.loads(manifest.read_bytes())["pages"]}
    except (ValueError, KeyError, TypeError) as error:
        raise ConfigError("its manifest can't be read", str(manifest), _NAME_ANOTHER) from error


def _hold(descriptor: int) -> bool:
    """Lock a file until it is closed; say whether nobody else has."""
    try:
        from fcntl import LOCK_EX, LOCK_NB, flock

        flock(descriptor, LOCK_EX | LOCK_NB)
    except BlockingIOError:
        return False
    except (ImportError, OSError):
        return True  # there are no locks here (Windows, some network drives)
    return True
