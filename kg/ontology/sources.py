"""Pins of public releases (``ontologies/sources.toml``), and pulling them into the cache.

A release whose sha256 the pin states must have it. One without is trusted on first use: its sha256 is
recorded in ``sources.lock.toml`` in the cache, and the same version must have it ever after.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, NamedTuple
from urllib.parse import urlsplit

import requests
from filelock import FileLock
from pydantic import BaseModel, ConfigDict, StringConstraints, TypeAdapter, ValidationError
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

import kg
from kg.config import curated_dir
from kg.errors import OntologyError, PinError, VocabularyParseError
from kg.model.progress import Progress, silent
from kg.ontology.cellxgene import find_wheel_files
from kg.ontology.curated import curated_version
from kg.ontology.tables import read_version

if TYPE_CHECKING:
    from collections.abc import Iterable

    from kg.config import KgConfig

SOURCES_FILE: Final = "sources.toml"
LOCK_FILE: Final = "sources.lock.toml"
#: Largest release that is taken; the largest pinned one is a fifth of it.
MAX_BYTES: Final = 1_000_000_000
_log = logging.getLogger(__name__)
_TIMEOUT_S: Final = (10.0, 60.0)
_TRIES: Final = 4
_CHUNK: Final = 1 << 16
_BACKOFF_S: Final = 0.5
#: The package's own vocabularies: name -> (file of the tables or ontology of the wheel, licence, what it is for).
_WHEEL: Final = {
    "uberon": ("UBERON", "CC-BY-3.0", "Anatomy"),
    "cl": ("CL", "CC-BY-4.0", "Cell types"),
    "mondo": ("MONDO", "CC-BY-4.0", "Diseases"),
    "ncbitaxon": ("NCBITaxon", "public domain", "Species: checks structured ids, and their lineage"),
}
_TABLES: Final = {
    "mba": ("mba.tsv", "CC-BY-4.0", "Structures of the Allen Mouse Brain Atlas"),
    "hba": ("hba.tsv", "CC-BY-4.0", "Structures of the Allen Human Brain Atlas"),
}

_Name = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(?:-[a-z0-9]+)*$")]
_Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]


class Pin(BaseModel):
    """One entry of ``sources.toml``."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    version: Annotated[str, StringConstraints(pattern=r"^[\w.-]+$")]
    url: Annotated[str, StringConstraints(pattern=r"^https?://[^\s/]+/\S+$")]
    licence: str
    purpose: str
    homepage: str = ""
    sha256: _Sha256 | None = None
    replaces: str = ""
    default: bool = False


#: Given name, pin and file: whether the release is taken into use.
Check = Callable[[str, Pin, Path], bool]


class SourceRow(NamedTuple):
    """One vocabulary as ``kg ontologies list`` shows it."""

    name: str
    version: str
    status: str
    default: bool
    licence: str
    purpose: str
    url: str
    sha256: str


class Pulled(NamedTuple):
    """A release in the cache."""

    name: str
    version: str
    path: Path
    sha256: str
    size_bytes: int
    replaces: str

    def __str__(self) -> str:
        return f"{self.name} {self.version}: {self.size_bytes:,} bytes, sha256 {self.sha256}"


def read_pins(config: KgConfig) -> dict[str, Pin]:
    """Read ``sources.toml``: the one that the settings name, else the package's.

    Raises
    ------
    OntologyError
        If the named file is absent.
    VocabularyParseError
        Naming file and key of what can't be read.
    """
    path = config.vocabularies.sources or _curated(config) / SOURCES_FILE
    if not path.is_file():
        if config.vocabularies.sources is None:
            return {}
        raise OntologyError("there is no such file of pins", str(path), "mend vocabularies.sources")
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
        return TypeAdapter(dict[_Name, Pin]).validate_python(raw)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise VocabularyParseError(f"not valid TOML: {error}", str(path), "mend the file") from error
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        raise VocabularyParseError(
            first["msg"].lower(), f"{path}: {key}", "see docs/adding-a-vocabulary.md", key=key
        ) from error


def list_sources(config: KgConfig) -> list[SourceRow]:
    """List what is known: the package's own vocabularies, the pinned releases, and the user's files.

    Returns
    -------
    list of SourceRow
        `status` is one of 'in use', 'replaced by the pulled release', 'pulled, in use', 'can be pulled',
        'pulled, in use; pinned is VERSION'.
    """
    pins = read_pins(config)
    pulled = {item.name: item for item in find_pulled(config)}
    replaced = {item.replaces for item in pulled.values()}
    wheel = find_wheel_files()
    folder = _curated(config)
    rows = []
    for name, (ontology, licence, purpose) in _WHEEL.items():
        status = "replaced by the pulled release" if name in replaced else "in use"
        version = wheel[ontology].version.removeprefix("v")
        rows.append(SourceRow(name, version, status, True, licence, purpose, "cellxgene-ontology-guide (wheel)", ""))
    for name, (file, licence, purpose) in _TABLES.items():
        path = folder / file
        if path.is_file():
            version = read_version(path)
            rows.append(SourceRow(name, version, "in use", True, licence, purpose, file, _sha256_of(path)))
    rows.append(
        SourceRow(
            "neurokg",
            curated_version(folder),
            "in use",
            True,
            "Apache-2.0",
            "Mechanisms, techniques, and surfaces that the others lack",
            "curated tables",
            "",
        )
    )
    for name, pin in pins.items():
        found = pulled.get(name)
        rows.append(
            SourceRow(
                name,
                found.version if found else pin.version,
                _status(pin, found),
                pin.default,
                pin.licence,
                pin.purpose,
                pin.url,
                found.sha256 if found else pin.sha256 or "",
            )
        )
    for text in config.vocabularies.paths:
        path = Path(text)
        sha256 = _sha256_of(path) if path.is_file() else ""
        rows.append(SourceRow(path.name, "", "in use", True, "", "From vocabularies.paths", str(path), sha256))
    return rows


def _status(pin: Pin, found: Pulled | None) -> str:
    if found is None:
        return "can be pulled"
    return "pulled, in use" + ("" if found.version == pin.version else f"; pinned is {pin.version}")


def _is_of(pin: Pin, version: str, url: str) -> bool:
    if version == pin.version:
        return url == pin.url
    return urlsplit(url).netloc == urlsplit(pin.url).netloc


def find_pulled(config: KgConfig) -> list[Pulled]:
    """Find the pulled releases that are in the cache, whole as the lock file has them; sorted by name.

    A release stays in use until another is pulled: a changed pin alone changes no build. But one that came from
    elsewhere isn't used: settings with other pins, a test's for one, may share the cache.
    """
    lock = _read_lock(config)
    found = []
    for name, pin in sorted(read_pins(config).items()):
        entry = lock.get(name, {})
        if "sha256" not in entry or "version" not in entry:
            continue
        version, url = str(entry["version"]), str(entry.get("url", pin.url))
        if not _is_of(pin, version, url):
            _log.warning(
                "%s %s in the cache came from %s, which isn't what is pinned (%s): it is left out",
                name,
                version,
                url,
                pin.url,
            )
            continue
        path = _target(config, name, version, url)
        # The size tells a cut file cheaply; the compiler's fingerprint reads every byte.
        if path.is_file() and path.stat().st_size == entry.get("size_bytes"):
            found.append(Pulled(name, version, path, str(entry["sha256"]), int(entry["size_bytes"]), pin.replaces))
    return found


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
    target, lock = _target(config, name, pin.version, pin.url), _read_lock(config)
    entry = lock.get(name, {})
    is_in_use = entry.get("version") == pin.version and entry.get("url") == pin.url
    seen = entry if is_in_use else {key[7:]: value for key, value in entry.items() if key.startswith("staged_")}
    is_seen = seen.get("version") == pin.version and seen.get("url") == pin.url
    expected = pin.sha256 or (seen.get("sha256") if is_seen else None)
    if target.is_file() and expected and _sha256_of(target) == expected:
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
        _write_lock(config, lock)
        return None
    lock[name] = {**release, **({"accepted": accepted} if accepted else {})}
    _write_lock(config, lock)
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


def _target(config: KgConfig, name: str, version: str, url: str) -> Path:
    return config.cache_dir / "sources" / name / version / Path(urlsplit(url).path).name


def _curated(config: KgConfig) -> Path:
    return config.vocabularies.curated or curated_dir()


def _read_lock(config: KgConfig) -> dict[str, dict[str, Any]]:
    path = config.cache_dir / "sources" / LOCK_FILE
    if not path.is_file():
        return {}
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise VocabularyParseError(
            f"not valid TOML: {error}", str(path), "delete the file, then run `kg ontologies pull`"
        ) from error


def _write_lock(config: KgConfig, lock: dict[str, dict[str, Any]]) -> None:
    path = config.cache_dir / "sources" / LOCK_FILE
    lines = ["# What was pulled, and the sha256 that it must have from now on. Written by `kg ontologies pull`."]
    for name, entry in sorted(lock.items()):
        # A JSON string or integer is a TOML one too.
        lines += ["", f"[{name}]", *(f"{key} = {json.dumps(value)}" for key, value in entry.items())]
    aside = path.with_name(f"{path.name}.{os.getpid()}.part")
    aside.write_text("\n".join(lines) + "\n", encoding="utf-8")
    aside.replace(path)


def _sha256_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
