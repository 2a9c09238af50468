"""A DANDI archive, as its API documents itself (https://api.dandiarchive.org/swagger/).

Listings are ordered and paged as the real one's: ``-modified`` orders by the newest version's stamp, a
listing of dandisets counts on every page, one of assets on the first alone. Every text is made up.
"""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.harvest.live.switchboard import Answer, Request

START = datetime(2024, 1, 1, tzinfo=UTC)
SCHEMAS = ("0.4.4", "0.5.1", "0.6.0", "0.6.4", "0.6.8", "0.7.0")
_REGIONS = (
    ("hippocampus", "UBERON:0002421"),
    ("primary visual cortex", "UBERON:0002436"),
    ("amygdala", None),
)
_SPECIES = (
    ("Mus musculus - House mouse", "http://purl.obolibrary.org/obo/NCBITaxon_10090"),
    ("Homo sapiens - Human", "http://purl.obolibrary.org/obo/NCBITaxon_9606"),
)
_PAGE_SIZE, _MAX_PAGE_SIZE = 100, 1000


def stamp(minutes: float) -> str:
    """Write a moment as the archive does."""
    return (START + timedelta(minutes=minutes)).isoformat().replace("+00:00", "Z")


@dataclass
class Version:
    version: str
    created: float
    modified: float
    metadata: dict[str, Any]
    assets: list[dict[str, Any]] = field(default_factory=list)


@dataclass
class Dandiset:
    identifier: str
    draft: Version
    published: list[Version] = field(default_factory=list)
    embargo: str = "OPEN"

    @property
    def versions(self) -> list[Version]:
        return [self.draft, *self.published]

    @property
    def newest(self) -> Version:
        return max(self.versions, key=lambda version: version.created)


def make_metadata(number: int, version: str, seed: int = 0, *, words: int = 60) -> dict[str, Any]:
    """Make a version's metadata; each schema version has fields that others lack."""
    random_ = random.Random(f"{number}/{version}/{seed}")
    schema = SCHEMAS[number % len(SCHEMAS)]
    name, identifier = _REGIONS[number % len(_REGIONS)]
    species, taxon = _SPECIES[number % len(_SPECIES)]
    text = " ".join(random_.choice(("neurons", "recorded", "sleep", "réseau", "probe", "mice")) for _ in range(words))
    found: dict[str, Any] = {
        "@context": f"https://raw.githubusercontent.com/dandi/schema/master/releases/{schema}/context.json",
        "id": f"DANDI:{number:06}/{version}",
        "identifier": f"DANDI:{number:06}",
        "name": f"Recordings of {name}, no. {number}",
        "description": f"Made up for tests, edition {seed}. {text}.",
        "license": ["spdx:CC-BY-4.0"],
        "schemaKey": "Dandiset",
        "schemaVersion": schema,
        "version": version,
        "url": f"https://dandiarchive.org/dandiset/{number:06}/{version}",
        "keywords": ["made up", name],
        "assetsSummary": {"numberOfBytes": 10 * number, "numberOfFiles": number % 5},
    }
    if identifier:
        found["about"] = [{"name": name, "identifier": identifier, "schemaKey": "Anatomy"}]
    if number % 3:
        found["assetsSummary"] |= {"species": [{"name": species, "identifier": taxon, "schemaKey": "SpeciesType"}]}
    if schema >= "0.6.8":
        found["a field of tomorrow"] = {"nested": [1, None, {"deep": True}]}
    if number % 7 == 3:
        del found["name"], found["keywords"]
    return found


def make_asset(number: int, index: int) -> dict[str, Any]:
    """Make one entry of a listing of assets."""
    species, taxon = _SPECIES[index % len(_SPECIES)]
    key = hashlib.sha256(f"{number}/{index}".encode()).hexdigest()
    return {
        "asset_id": f"{key[:8]}-{key[8:12]}-{key[12:16]}-{key[16:20]}-{key[20:32]}",
        "blob": None,
        "zarr": None,
        "path": f"sub-{index % 4}/sub-{index % 4}_ses-{index:04}_ecephys.nwb",
        "size": 1000 + index,
        "created": stamp(index),
        "modified": stamp(index),
        "metadata": {
            "schemaKey": "Asset",
            "encodingFormat": "application/x-nwb",
            "contentSize": 1000 + index,
            "approach": [{"name": "electrophysiological approach", "schemaKey": "ApproachType"}],
            "measurementTechnique": [{"name": "spike sorting technique", "schemaKey": "MeasurementTechniqueType"}],
            "variableMeasured": [{"value": "Units", "schemaKey": "PropertyValue"}],
            "wasAttributedTo": [
                {
                    "identifier": f"subject-{index % 4}",
                    "schemaKey": "Participant",
                    "sex": {"name": "Female", "schemaKey": "SexType"},
                    "species": {"name": species, "identifier": taxon, "schemaKey": "SpeciesType"},
                }
            ],
        },
    }


class FakeDandi:
    """The archive; call it with a request."""

    def __init__(self, count: int = 0, *, assets: int = 0, words: int = 60, token: str | None = None) -> None:
        self.dandisets: dict[str, Dandiset] = {}
        self.token, self.words = token, words
        #: Answer conditional requests, as a cache before the archive would.
        self.with_etags = False
        #: ``info`` without the metadata, as an older archive.
        self.bare_info = False
        self.minute = 0.0
        for number in range(1, count + 1):
            self.add(number, assets=assets, published=number % 2)

    def tick(self) -> float:
        """Let a minute pass."""
        self.minute += 1
        return self.minute

    def add(self, number: int, *, assets: int = 0, published: int = 0, embargo: str = "OPEN") -> Dandiset:
        """Add a dandiset, with published versions."""
        now = self.tick()
        listing = [make_asset(number, index) for index in range(assets)]
        draft = Version("draft", now, now, make_metadata(number, "draft", words=self.words), listing)
        dandiset = Dandiset(f"{number:06}", draft, embargo=embargo)
        self.dandisets[dandiset.identifier] = dandiset
        for _ in range(published):
            self.publish(number)
        return dandiset

    def publish(self, number: int) -> None:
        """Publish the draft."""
        dandiset, now = self.dandisets[f"{number:06}"], self.tick()
        name = f"0.24{len(dandiset.published) + 1:04}.{number % 2400:04}"
        metadata = {
            **make_metadata(number, name, len(dandiset.published), words=self.words),
            "datePublished": stamp(now),
        }
        dandiset.published.append(Version(name, now, now, metadata, list(dandiset.draft.assets)))

    def edit(self, number: int, text: str | None = None) -> None:
        """Edit the draft."""
        draft = self.dandisets[f"{number:06}"].draft
        draft.modified = self.tick()
        draft.metadata = make_metadata(number, "draft", int(draft.modified), words=self.words)
        if text is not None:
            draft.metadata["description"] = text

    def delete(self, number: int) -> None:
        """Delete a dandiset."""
        self.tick()
        del self.dandisets[f"{number:06}"]

    def __call__(self, request: Request) -> Answer:
        parts = [part for part in request.path.split("/") if part][1:]  # without "api"
        is_known = self.token is not None and request.headers.get("Authorization") == f"token {self.token}"
        if "Authorization" in request.headers and not is_known:
            return _denied(401, "Invalid token.")
        match parts:
            case ["dandisets"]:
                return self._list(request, is_known=is_known)
            case ["dandisets", identifier, *rest]:
                return self._dandiset(request, identifier, rest, is_known=is_known)
        return Answer(404, "text/html", b"<h1>Not Found</h1><p>The requested resource was not found.</p>")

    def _list(self, request: Request, *, is_known: bool) -> Answer:
        params = request.params
        embargoed = params.get("embargoed") == "true"
        if embargoed and not is_known:
            return _denied(
                401,
                "Authentication credentials must be provided when attempting to access embargoed dandisets",
            )
        found = [item for item in self.dandisets.values() if item.embargo == "OPEN" or embargoed]
        found.sort(key=lambda item: item.draft.created)
        if params.get("ordering", "").endswith("modified"):
            found.sort(key=lambda item: item.newest.modified, reverse=params["ordering"].startswith("-"))
        return _page(request, [self._entry(item) for item in found])

    def _entry(self, item: Dandiset) -> dict[str, Any]:
        published = self._version(item, item.published[-1]) if item.published else None
        return {
            **self._short(item),
            "most_recent_published_version": published,
            "draft_version": self._version(item, item.draft),
        }

    def _short(self, item: Dandiset) -> dict[str, Any]:
        return {
            "identifier": item.identifier,
            "created": stamp(item.draft.created),
            "modified": stamp(item.draft.created),
            "contact_person": "Doe, Jane",
            "embargo_status": item.embargo,
        }

    def _version(self, item: Dandiset, version: Version) -> dict[str, Any]:
        return {
            "version": version.version,
            "name": version.metadata.get("name", ""),
            "asset_count": len(version.assets),
            "size": sum(asset["size"] for asset in version.assets),
            "status": "Valid",
            "created": stamp(version.created),
            "modified": stamp(version.modified),
            "dandiset": self._short(item),
        }

    def _dandiset(self, request: Request, identifier: str, rest: list[str], *, is_known: bool) -> Answer:
        item = self.dandisets.get(identifier)
        if item is None:
            return _denied(404, "Not found.")
        if item.embargo != "OPEN" and not is_known:
            return _denied(401, "Authentication credentials were not provided.")
        if not rest:
            return _json(self._entry(item))
        version = next((found for found in item.versions if found.version == rest[1]), None)
        if version is None:
            return _denied(404, "Not found.")
        match rest[2:]:
            case []:
                return self._conditional(request, version.metadata)
            case ["info"]:
                more = {} if self.bare_info else {"metadata": version.metadata}
                found = {
                    **self._version(item, version),
                    "asset_validation_errors": [],
                    "version_validation_errors": [],
                    **more,
                    "contact_person": "Doe, Jane",
                }
                return self._conditional(request, found)
            case ["assets"]:
                assets = version.assets
                if request.params.get("order") == "path":
                    assets = sorted(assets, key=lambda asset: asset["path"])
                if request.params.get("metadata") != "true":
                    assets = [{key: value for key, value in asset.items() if key != "metadata"} for asset in assets]
                return _page(request, assets, counts_once=True)
        return Answer(404, "text/html", b"<h1>Not Found</h1>")

    def _conditional(self, request: Request, document: object) -> Answer:
        answer = _json(document)
        if not self.with_etags:
            return answer
        etag = f'"{hashlib.sha256(answer.body).hexdigest()[:16]}"'
        if request.headers.get("If-None-Match") == etag:
            return Answer(304, headers={"ETag": etag})
        return answer._replace(headers={"ETag": etag})


def _page(request: Request, entries: list[dict[str, Any]], *, counts_once: bool = False) -> Answer:
    params: Mapping[str, str] = request.params
    size = min(int(params.get("page_size", _PAGE_SIZE)), _MAX_PAGE_SIZE)
    number = int(params.get("page", 1))
    start = (number - 1) * size
    if number > 1 and start >= len(entries):
        return _denied(404, "Invalid page.")
    has_next = start + size < len(entries)
    return _json(
        {
            "count": None if counts_once and number > 1 else len(entries),
            "next": f"http://archive.invalid{request.path}?page={number + 1}" if has_next else None,
            "previous": f"http://archive.invalid{request.path}?page={number - 1}" if number > 1 else None,
            "results": entries[start : start + size],
        }
    )


def _json(document: object, status: int = 200) -> Answer:
    text = json.dumps(document, ensure_ascii=False)
    if any("\ud800" <= character <= "\udfff" for character in text):
        text = json.dumps(document)  # no encoding can write half a character; an escape can
    return Answer(status, "application/json", text.encode())


def _denied(status: int, detail: str) -> Answer:
    return _json({"detail": detail}, status)
