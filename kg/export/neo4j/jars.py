"""The local server's jars: which ones, and how they come here whole.

``jars.tsv`` beside this module lists every jar of the pinned release with its size and sha256, so
nothing is resolved when a server is installed, and nothing else can be. jgo fetches them, from the
repositories that the user's jgo settings name, or takes them from the user's Maven repository; each is
checked aside and only then renamed into place, so that a download that was cut short goes on where it
was. ``scripts/neo4j_jars.py`` writes the list of another release.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from typing import Final, NamedTuple

from filelock import FileLock

from kg.errors import ServerError
from kg.model.progress import Progress, silent

#: Release that the list is of: a patch of the long-term release 5.26.
NEO4J_VERSION: Final = "5.26.30"
_LIST = Path(__file__).parent / "jars.tsv"
_AT_ONCE = 8
_TRIES = 3
#: What must stay free beside the jars.
_SPARE_BYTES = 50_000_000
_STEP = f"fetching Neo4j {NEO4J_VERSION}, bytes"
NEEDS_EXTRA: Final = "pip install 'neurokg[neo4j-local]'"


class Jar(NamedTuple):
    """A jar of the release.

    Parameters
    ----------
    group, artifact, version, classifier : str
        Maven's coordinates.
    size_bytes : int
        Its size.
    sha256 : str
        Its checksum, in hexadecimal.
    """

    group: str
    artifact: str
    version: str
    classifier: str
    size_bytes: int
    sha256: str

    @property
    def name(self) -> str:
        """Name of its file."""
        return "-".join(filter(None, (self.artifact, self.version, self.classifier))) + ".jar"


#: Fetches one jar into an empty folder and gives its path.
Fetch = Callable[[Jar, Path], Path]


def jars_folder(cache_dir: Path) -> Path:
    """Folder of the release's jars in the cache."""
    return cache_dir / "neo4j" / NEO4J_VERSION


def list_jars() -> list[Jar]:
    """Read the list of the release's jars."""
    rows = (line.split("\t") for line in _LIST.read_text(encoding="utf-8").splitlines() if not line.startswith("#"))
    return [Jar(g, a, v, classifier, int(size), sha256) for g, a, v, classifier, size, sha256 in rows]


def ensure_jars(folder: Path, *, progress: Progress = silent, fetch: Fetch | None = None) -> list[Path]:
    """Have every jar of the release, whole.

    Parameters
    ----------
    folder : Path
        Folder of the jars; several users may share it.
    progress : callable, optional
        Told the bytes that are there.
    fetch : callable, optional
        In place of jgo.

    Returns
    -------
    list of Path
        In the list's order.

    Raises
    ------
    ServerError
        If the disk is too full, or a jar can't be had; the others stay for the next time.
    """
    jars = list_jars()
    folder.mkdir(parents=True, exist_ok=True)
    with FileLock(folder.parent / f"{folder.name}.lock"):
        for left in folder.glob(".part-*"):  # of a download that was killed: this process has the lock
            shutil.rmtree(left, ignore_errors=True)
        missing = [jar for jar in jars if not _is_whole(folder / jar.name, jar)]
        if missing:
            _check_disk(folder, sum(jar.size_bytes for jar in missing))
            _fetch_all(missing, folder, fetch or _jgo_fetch(), progress)
    return [folder / jar.name for jar in jars]


def _is_whole(path: Path, jar: Jar) -> bool:
    try:
        if path.stat().st_size != jar.size_bytes:
            return False
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest() == jar.sha256
    except FileNotFoundError:
        return False


def _check_disk(folder: Path, needed: int) -> None:
    free = shutil.disk_usage(folder).free
    if free < needed + _SPARE_BYTES:
        raise ServerError(
            f"Neo4j's jars need {needed / 1e6:.0f} MB more, and {free / 1e6:.0f} MB are free",
            str(folder),
            "make room, or set cache_dir (KG_CACHE_DIR) to a folder on another disk",
        )


def _fetch_all(jars: list[Jar], folder: Path, fetch: Fetch, progress: Progress) -> None:
    total, done = sum(jar.size_bytes for jar in jars), 0
    failed: list[tuple[Jar, str]] = []
    progress(_STEP, 0, total)
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        waiting = {pool.submit(_fetch_one, jar, folder, fetch): jar for jar in jars}
        try:
            for future in as_completed(waiting):
                jar, reason = waiting[future], future.result()
                if reason:
                    failed.append((jar, reason))
                else:
                    done += jar.size_bytes
                    progress(_STEP, done, total)
        except BaseException:  # Ctrl-C: what has not begun never does
            pool.shutdown(cancel_futures=True)
            raise
    if failed:
        jar, reason = failed[0]
        raise ServerError(
            f"{len(failed)} of {len(jars)} jars of Neo4j can't be fetched (first: {jar.name}: {reason})",
            str(folder),
            "run it again, what is here is kept; for a proxy set HTTPS_PROXY, for a mirror [repositories] in jgo.conf",
            failed=[jar.name for jar, _ in failed],
        )


def _fetch_one(jar: Jar, folder: Path, fetch: Fetch) -> str:
    """Fetch a jar and check it; give what is wrong, or nothing."""
    import requests

    reason = ""
    for _ in range(_TRIES):
        aside = Path(tempfile.mkdtemp(prefix=".part-", dir=folder))
        try:
            path = fetch(jar, aside)
            if _is_whole(path, jar):
                path.replace(folder / jar.name)
                return ""
            reason = f"its sha256 is not {jar.sha256[:12]}…"
        except (OSError, RuntimeError, requests.RequestException) as error:  # jgo raises a bare RuntimeError
            reason = str(error).splitlines()[0][:200] if str(error) else type(error).__name__
        finally:
            shutil.rmtree(aside, ignore_errors=True)
    return reason


def _jgo_fetch() -> Fetch:
    try:
        from jgo.config import GlobalSettings
        from jgo.constants import MAVEN_CENTRAL_URL
        from jgo.maven import MavenContext
    except ImportError as error:
        raise ServerError("a local server needs packages that aren't installed", "kg neo4j", NEEDS_EXTRA) from error
    settings = GlobalSettings.load()
    repositories = {"central": MAVEN_CENTRAL_URL, **settings.repositories}

    def fetch(jar: Jar, aside: Path) -> Path:
        def path_in(repository: Path) -> Path | None:
            context = MavenContext(repo_cache=repository, remote_repos=repositories, timeout=30)
            component = context.project(jar.group, jar.artifact).at_version(jar.version)
            artifact = component.artifact(jar.classifier, "jar")
            # In the private repository only: jgo writes into the place where Maven would look for the whole file.
            return artifact.resolve() if repository == aside else artifact.cached_path

        owned = path_in(settings.repo_cache)
        if owned is not None and owned.is_file() and _is_whole(owned, jar):
            copy = aside / jar.name
            try:
                os.link(owned, copy)
            except OSError:  # another file system, or one without links
                shutil.copyfile(owned, copy)
            return copy
        found = path_in(aside)
        assert found is not None
        return found

    return fetch
