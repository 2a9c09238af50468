"""Pull pinned releases of public vocabularies into the cache.

A release whose sha256 the pin states must have it. One without is trusted on first use: its sha256 is
recorded in ``sources.lock.toml`` in the cache, and the same version must have it ever after.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Final

import requests
from filelock import FileLock
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

import kg
from kg.errors import OntologyError, PinError
from kg.model.progress import Progress, silent
from kg.ontology.sources import (
    LOCK_FILE,
    SOURCES_FILE,
    Pin,
    Pulled,
    read_lock,
    read_pins,
    release_path,
    sha256_of,
    write_lock,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from kg.config import KgConfig

#: Largest release that is taken; the largest pinned one is a fifth of it.
MAX_BYTES: Final = 1_000_000_000
_TIMEOUT_S: Final = (10.0, 60.0)
_TRIES: Final = 4
_CHUNK: Final = 1 << 16
_BACKOFF_S: Final = 0.5

#: Given name, pin and file: whether the release is taken into use.
Check = Callable[[str, Pin, Path], bool]


def pull(
    names: Iterable[str],
    config: KgConfig,
    *,
    session: requests.Session | None = None,
    progress: Progress | None = None,
    check: Check | None = None,
    accepted: str | None = None,
) -> list[Pulled]:
    """Download pinned releases into the cache; `load_vocabulary` uses them from then on.

    `kg.ontology.pull` is the one that looks into them first.

    Parameters
    ----------
    names : iterable of str
        Names of pins; none means all that are marked as default.
    config : KgConfig
    session : requests.Session, optional
        With retries and headers of the caller's own.
    progress : callable, optional
        Told name, bytes so far and bytes in all (0 where the server doesn't say).
    check : callable, optional
        Given name, pin and file of a release that isn't in use yet; it isn't taken into use if the answer is no.
        Its download is kept.
    accepted : str, optional
        Why it is taken into use, to be recorded.

    Returns
    -------
    list of Pulled
        Those in use now, in the order of the names. A release that is there already isn't fetched again.

    Raises
    ------
    OntologyError
        If a name is no pin, or the server doesn't give the file whole.
    PinError
        If the file's sha256 isn't the one pinned or recorded.
    """
    pins = read_pins(config)
    chosen = list(dict.fromkeys(names)) or [name for name, pin in pins.items() if pin.default]
    if unknown := [name for name in chosen if name not in pins]:
        raise OntologyError(
            f"no release is pinned as {', '.join(map(repr, unknown))}",
            SOURCES_FILE,
            f"the names are: {', '.join(sorted(pins))}",
        )
    folder = config.cache_dir / "sources"
    folder.mkdir(parents=True, exist_ok=True)
    opened = session or _session()
    try:
        with FileLock(folder / "pull.lock"):
            taken = [
                _pull_one(name, pins[name], config, opened, progress or silent, check, accepted) for name in chosen
            ]
            return [item for item in taken if item is not None]
    finally:
        if session is None:
            opened.close()


def _pull_one(
    name: str,
    pin: Pin,
    config: KgConfig,
    session: requests.Session,
    progress: Progress,
    check: Check | None,
    accepted: str | None,
) -> Pulled | None:
    target, lock = release_path(config, name, pin.version, pin.url), read_lock(config)
    entry = lock.get(name, {})
    is_in_use = entry.get("version") == pin.version and entry.get("url") == pin.url
    seen = entry if is_in_use else {key[7:]: value for key, value in entry.items() if key.startswith("staged_")}
    is_seen = seen.get("version") == pin.version and seen.get("url") == pin.url
    expected = pin.sha256 or (seen.get("sha256") if is_seen else None)
    if target.is_file() and expected and sha256_of(target) == expected:
        sha256, size = str(expected), target.stat().st_size
        if is_in_use:
            return Pulled(name, pin.version, target, sha256, size, pin.replaces)
    else:
        sha256, size = _fetch(name, pin, target, expected, config, session, progress)
    release = {"version": pin.version, "url": pin.url, "sha256": sha256, "size_bytes": size}
    if check is not None and not check(name, pin, target):
        # Not in use, but what was looked at is what must come when it is accepted.
        lock[name] = {k: v for k, v in entry.items() if not k.startswith("staged_")}
        lock[name] |= {f"staged_{key}": value for key, value in release.items()}
        write_lock(config, lock)
        return None
    lock[name] = {**release, **({"accepted": accepted} if accepted else {})}
    write_lock(config, lock)
    return Pulled(name, pin.version, target, sha256, size, pin.replaces)


def _fetch(
    name: str,
    pin: Pin,
    target: Path,
    expected: str | None,
    config: KgConfig,
    session: requests.Session,
    progress: Progress,
) -> tuple[str, int]:
    target.parent.mkdir(parents=True, exist_ok=True)
    aside = target.with_name(f"{target.name}.{os.getpid()}.part")
    try:
        sha256, size = _download(name, pin.url, aside, session, progress)
        if expected and sha256 != expected:
            pinned = "pinned in sources.toml" if pin.sha256 else "recorded when it was first fetched"
            raise PinError(
                f"{name} {pin.version} has sha256 {sha256}, not {expected}, which is {pinned}",
                pin.url,
                "find out why the release changed; if the change is wanted, update the pin"
                + ("" if pin.sha256 else f" or delete [{name}] from {config.cache_dir / 'sources' / LOCK_FILE}"),
                expected=expected,
                found=sha256,
            )
        aside.replace(target)
    finally:
        aside.unlink(missing_ok=True)
    return sha256, size


def _download(name: str, url: str, aside: Path, session: requests.Session, progress: Progress) -> tuple[str, int]:
    """Stream a file to disk; gives its sha256 and size. A body that breaks off is asked for again."""
    for attempt in range(1, _TRIES + 1):
        try:
            return _stream(name, url, aside, session, progress)
        except (requests.ConnectionError, requests.exceptions.ChunkedEncodingError, requests.Timeout) as error:
            if attempt == _TRIES or isinstance(error, requests.exceptions.RetryError):
                raise OntologyError(
                    f"{name} could not be fetched in {attempt} tries: {_reason(error)}",
                    url,
                    "check the network, then run `kg ontologies pull` again; builds go on with what is there",
                ) from error
        except requests.RequestException as error:
            raise OntologyError(f"{name} could not be fetched: {_reason(error)}", url, "check the address") from error
    raise AssertionError("the loop returns or raises")


def _stream(name: str, url: str, aside: Path, session: requests.Session, progress: Progress) -> tuple[str, int]:
    digest, size = hashlib.sha256(), 0
    # Identity: the sha256 is of the bytes that the publisher released, not of a server's compression.
    with session.get(url, stream=True, timeout=_TIMEOUT_S, headers={"Accept-Encoding": "identity"}) as response:
        if response.status_code != requests.codes.ok:
            raise OntologyError(
                f"{name}: the server answered {response.status_code} {response.reason}",
                url,
                "check the address and version in sources.toml",
                status=response.status_code,
            )
        announced = int(response.headers.get("Content-Length") or 0)
        if announced > MAX_BYTES:
            raise _too_large(name, url)
        with aside.open("wb") as file:
            for chunk in response.iter_content(_CHUNK):
                size += len(chunk)
                if size > MAX_BYTES:
                    raise _too_large(name, url)
                file.write(chunk)
                digest.update(chunk)
                progress(name, size, announced)
        if announced and size != announced:
            raise requests.exceptions.ChunkedEncodingError(f"{size:,} of {announced:,} bytes came")
    return digest.hexdigest(), size


def _too_large(name: str, url: str) -> OntologyError:
    return OntologyError(f"{name} has more than {MAX_BYTES:,} bytes", url, "check the address in sources.toml")


def _session() -> requests.Session:
    session = requests.Session()
    retry = Retry(
        total=_TRIES,
        backoff_factor=_BACKOFF_S,
        status_forcelist=(429, 500, 502, 503, 504),
        allowed_methods=("GET",),
        raise_on_status=False,
    )
    session.mount("https://", HTTPAdapter(max_retries=retry))
    session.mount("http://", HTTPAdapter(max_retries=retry))
    session.headers["User-Agent"] = f"neurokg/{kg.__version__}"
    return session


def _reason(error: BaseException) -> str:
    # urllib3 wraps the cause in objects whose text is their repr; the innermost says it in words.
    while error.__cause__ or error.__context__:
        error = error.__cause__ or error.__context__ or error
    return str(error) or type(error).__name__
