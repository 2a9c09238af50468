"""Where vocabularies come from: the pins of ``ontologies/sources.toml``, and which releases are in the cache.

What was pulled, and with which sha256, is in ``sources.lock.toml`` in the cache; ``kg.ontology.pulling`` brings it.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, NamedTuple
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, StringConstraints, TypeAdapter, ValidationError

from kg.config import curated_dir
from kg.errors import OntologyError, VocabularyParseError
from kg.ontology.cellxgene import find_wheel_files
from kg.ontology.curated import curated_version
from kg.ontology.tables import read_version

if TYPE_CHECKING:
    from kg.config import KgConfig

SOURCES_FILE: Final = "sources.toml"
LOCK_FILE: Final = "sources.lock.toml"
_log = logging.getLogger(__name__)
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
            rows.append(SourceRow(name, version, "in use", True, licence, purpose, file, sha256_of(path)))
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
        sha256 = sha256_of(path) if path.is_file() else ""
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
    lock = read_lock(config)
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
        path = release_path(config, name, version, url)
        # The size tells a cut file cheaply; the compiler's fingerprint reads every byte.
        if path.is_file() and path.stat().st_size == entry.get("size_bytes"):
            found.append(Pulled(name, version, path, str(entry["sha256"]), int(entry["size_bytes"]), pin.replaces))
    return found


def release_path(config: KgConfig, name: str, version: str, url: str) -> Path:
    """Give the place of a release in the cache; it need not be there."""
    return config.cache_dir / "sources" / name / version / Path(urlsplit(url).path).name


def _curated(config: KgConfig) -> Path:
    return config.vocabularies.curated or curated_dir()


def read_lock(config: KgConfig) -> dict[str, dict[str, Any]]:
    """Read what was pulled: name -> version, address, sha256 and size; empty where nothing was."""
    path = config.cache_dir / "sources" / LOCK_FILE
    if not path.is_file():
        return {}
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise VocabularyParseError(
            f"not valid TOML: {error}", str(path), "delete the file, then run `kg ontologies pull`"
        ) from error


def write_lock(config: KgConfig, lock: dict[str, dict[str, Any]]) -> None:
    """Write what was pulled, in place of what was there."""
    path = config.cache_dir / "sources" / LOCK_FILE
    lines = ["# What was pulled, and the sha256 that it must have from now on. Written by `kg ontologies pull`."]
    for name, entry in sorted(lock.items()):
        # A JSON string or integer is a TOML one too.
        lines += ["", f"[{name}]", *(f"{key} = {json.dumps(value)}" for key, value in entry.items())]
    aside = path.with_name(f"{path.name}.{os.getpid()}.part")
    aside.write_text("\n".join(lines) + "\n", encoding="utf-8")
    aside.replace(path)


def sha256_of(path: Path) -> str:
    """Hash a file of any size."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
