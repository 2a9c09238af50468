"""The fields of one dandiset, each read with an eye on its type."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, Final

from kg.harvest.files import FileReading, clean_text
from kg.harvest.identifiers import find_pmids, find_publication_doi, orcid_curie, ror_curie
from kg.model import (
    Contributor,
    DatasetRecord,
    FieldTerm,
    Passage,
    Problem,
    RelatedResource,
    Role,
    Severity,
    normalise_curie,
    normalise_doi,
)

_ISO_DATE: Final = re.compile(r"^\d{4}-\d{2}-\d{2}")
_CURIE_NAME: Final = re.compile(r"^[A-Za-z]+[:_]\d+$")
_HTTP: Final = re.compile(r"^\s*https?://", re.IGNORECASE)
_LARGEST: Final = 2**63 - 1
#: Fields of which dandischema's opinion is noted; what it asks of the others, as a contact's e-mail, is for publishing.
_CHECKED_FIELDS: Final = frozenset(
    {
        "about",
        "description",
        "keywords",
        "name",
        "relatedResource",
        "wasGeneratedBy",
    }
)


def kind_of(value: object) -> str:
    """Name the type of a value in plain words."""
    names = {
        dict: "a mapping",
        list: "a list",
        str: "text",
        bool: "true or false",
        int: "a number",
        float: "a number",
    }
    return "nothing" if value is None else names.get(type(value), type(value).__name__)


class DandisetFields:
    """One dandiset's metadata; `problems` fills while `record` reads them."""

    def __init__(
        self,
        metadata: Mapping[str, Any],
        reading: FileReading,
        identifier: str,
        version: str | None,
        listing: object = None,
    ) -> None:
        self._metadata, self._reading = metadata, reading
        self._listing: Mapping[str, Any] = listing if isinstance(listing, dict) else {}
        self._id, self._version = identifier, version
        self.problems: list[Problem] = []

    def _warn(self, rule: str, field: str, reason: str, severity: Severity = Severity.WARNING) -> None:
        self.problems.append(self._reading.problem(rule, reason, severity=severity, record_id=self._id, field=field))

    def record(self, position: int) -> DatasetRecord:
        """Read every field and give the record."""
        title = self._text(self._metadata, "name")
        if not title:
            self._warn("missing-title", "name", "it has no name: its identifier stands for it")
        raw_summary = self._metadata.get("assetsSummary")
        summary: Mapping[str, Any] = raw_summary if isinstance(raw_summary, dict) else {}
        if raw_summary is not None and not isinstance(raw_summary, dict):
            self._warn("wrong-type", "assetsSummary", f"it is {kind_of(raw_summary)}, not a mapping")
        about = self._terms(self._metadata, "about", "about")
        related = tuple(self._related())
        keywords = self._keywords()
        self._ask_dandischema()
        url = self._text(self._metadata, "url")
        return DatasetRecord(
            id=self._id,
            title=(title or self._id).strip(),
            receipt=self._reading.receipt(position),
            passages=tuple(self._passages(title, keywords, about, related)),
            url=url if url and _HTTP.match(url) else f"https://dandiarchive.org/dandiset/{self._id[6:]}",
            date=self._date(),
            version=self._text(self._metadata, "version") or self._version,
            schema_version=self._text(self._metadata, "schemaVersion"),
            doi=normalise_doi(self._text(self._metadata, "doi") or ""),
            licence=", ".join(name.removeprefix("spdx:") for name in self._strings("license")) or None,
            keywords=keywords,
            species=self._summed_up(summary, "species"),
            approaches=self._summed_up(summary, "approach"),
            techniques=self._summed_up(summary, "measurementTechnique"),
            about=about,
            variables=self._variables(summary),
            related=related,
            contributors=tuple(self._contributors()),
            subject_count=self._either(summary, "numberOfSubjects"),
            file_count=self._either(summary, "numberOfFiles"),
            size_bytes=self._either(summary, "numberOfBytes"),
            is_open=self._is_open(),
        )

    def _text(self, holder: Mapping[str, Any], key: str, path: str | None = None) -> str | None:
        value = holder.get(key)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            self._warn("wrong-type", path or key, f"it is {kind_of(value)}, not text")
            return None
        return clean_text(str(value)) or None

    def _list(self, holder: Mapping[str, Any], key: str, path: str) -> list[Any]:
        value = holder.get(key)
        if value is None:
            return []
        if isinstance(value, list):
            return value
        self._warn("wrong-type", path, f"it is {kind_of(value)}, not a list")
        return [value] if isinstance(value, dict | str) else []

    def _strings(self, key: str) -> list[str]:
        strings = []
        for index, value in enumerate(self._list(self._metadata, key, key)):
            if isinstance(value, str):
                if value.strip():
                    strings.append(clean_text(value.strip()))
            elif value is not None:
                self._warn("wrong-type", f"{key}[{index}]", f"it is {kind_of(value)}, not text")
        return strings

    def _keywords(self) -> tuple[str, ...]:
        keywords: dict[str, None] = {}
        for packed in self._strings("keywords"):
            # Some pack all keywords into one string; a comma inside a keyword ("mouse, aged") can't be told apart.
            for keyword in re.split(r"[;\n]|,(?!\d)", packed):
                if keyword.strip():
                    keywords.setdefault(keyword.strip())
        return tuple(keywords)

    def _terms(self, holder: Mapping[str, Any], key: str, path: str) -> tuple[FieldTerm, ...]:
        terms = []
        for index, entry in enumerate(self._list(holder, key, path)):
            at = f"{path}[{index}]"
            if isinstance(entry, str) and entry.strip():
                terms.append(FieldTerm(field=path, name=clean_text(entry)))
                continue
            if not isinstance(entry, dict):
                self._warn("wrong-type", at, f"it is {kind_of(entry)}, not a mapping")
                continue
            name = self._text(entry, "name", f"{at}.name")
            raw_id = self._text(entry, "identifier", f"{at}.identifier")
            if not name and not raw_id:
                self._warn("empty-field", at, "it has neither name nor identifier")
                continue
            if name and not raw_id and _CURIE_NAME.match(name.strip()) and normalise_curie(name):
                self._warn("id-as-name", f"{at}.name", f"the name {name!r} is an identifier", Severity.NOTE)
                raw_id = name
            if raw_id and normalise_curie(raw_id) is None:
                self._warn(
                    "unknown-id",
                    f"{at}.identifier",
                    f"{raw_id!r} is an identifier of no known vocabulary",
                    Severity.NOTE,
                )
            terms.append(
                FieldTerm(
                    field=path,
                    schema_key=self._text(entry, "schemaKey", f"{at}.schemaKey"),
                    name=name,
                    raw_id=raw_id,
                )
            )
        return tuple(terms)

    def _summed_up(self, summary: Mapping[str, Any], key: str) -> tuple[FieldTerm, ...]:
        """Read a field of the archive's summary of the assets, and what only their listing has."""
        terms = self._terms(summary, key, f"assetsSummary.{key}")
        said = {(term.raw_id or term.name or "").casefold() for term in terms}
        said |= {(term.name or "").casefold() for term in terms}
        listed = self._terms(self._listing, key, f"assetListing.{key}")
        return terms + tuple(
            term
            for term in listed
            if not {(term.raw_id or term.name or "").casefold(), (term.name or term.raw_id or "").casefold()} & said
        )

    def _either(self, summary: Mapping[str, Any], key: str) -> int | None:
        found = self._count(summary, key)
        return self._count(self._listing, key, "assetListing") if found is None else found

    def _related(self) -> Iterator[RelatedResource]:
        for index, entry in enumerate(self._list(self._metadata, "relatedResource", "relatedResource")):
            at = f"relatedResource[{index}]"
            if not isinstance(entry, dict):
                self._warn("wrong-type", at, f"it is {kind_of(entry)}, not a mapping")
                continue
            fields = {
                key: self._text(entry, key, f"{at}.{key}")
                for key in ("identifier", "url", "name", "relation", "resourceType")
            }
            held = [value for key in ("identifier", "url", "name") if (value := fields[key]) and value.strip()]
            if not held:
                self._warn("empty-field", at, "it has neither identifier nor address nor name")
                continue
            relation, kind = fields["relation"], fields["resourceType"]
            yield RelatedResource(
                relation=relation.removeprefix("dcite:") if relation else None,
                name=fields["name"],
                raw_id=fields["identifier"],
                url=fields["url"],
                resource_type=kind.removeprefix("dcite:") if kind else None,
                doi=next((doi for value in held if (doi := find_publication_doi(value))), None),
                pmid=next((pmids[0] for value in held if (pmids := find_pmids(value))), None),
                field=at,
            )

    def _contributors(self) -> Iterator[Contributor]:
        for index, entry in enumerate(self._list(self._metadata, "contributor", "contributor")):
            at = f"contributor[{index}]"
            name = self._text(entry, "name", f"{at}.name") if isinstance(entry, dict) else None
            if not name or not name.strip():
                self._warn("empty-field", at, "it has no name")
                continue
            raw_id = self._text(entry, "identifier", f"{at}.identifier")
            curie = (orcid_curie(raw_id) or ror_curie(raw_id)) if raw_id else None
            if raw_id and raw_id.strip() and curie is None:
                self._warn("malformed-id", f"{at}.identifier", f"{raw_id[:80]!r} is neither ORCID nor ROR")
            kind = self._text(entry, "schemaKey", f"{at}.schemaKey")
            if kind not in {"Person", "Organization"}:
                kind = "Organization" if (curie or "").startswith("ROR:") else "Person"
            roles = entry.get("roleName")
            yield Contributor(
                name=name.strip(),
                kind=kind,
                curie=curie,
                roles=tuple(
                    clean_text(role.removeprefix("dcite:"))
                    for role in (roles if isinstance(roles, list) else [])
                    if isinstance(role, str)
                ),
            )

    def _variables(self, summary: Mapping[str, Any]) -> tuple[str, ...]:
        variables: dict[str, None] = {}
        for index, entry in enumerate(self._list(summary, "variableMeasured", "assetsSummary.variableMeasured")):
            value = entry.get("value", entry.get("name")) if isinstance(entry, dict) else entry
            if isinstance(value, str) and value.strip():
                variables.setdefault(clean_text(value.strip()))
            else:
                self._warn(
                    "wrong-type",
                    f"assetsSummary.variableMeasured[{index}]",
                    f"it is {kind_of(value)}, not text",
                )
        return tuple(variables)

    def _count(self, summary: Mapping[str, Any], key: str, within: str = "assetsSummary") -> int | None:
        value = summary.get(key)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= _LARGEST:
            self._warn("wrong-type", f"{within}.{key}", f"{str(value)[:40]!r} is no count")
            return None
        return value

    def _is_open(self) -> bool | None:
        statuses = [
            entry["status"]
            for entry in self._list(self._metadata, "access", "access")
            if isinstance(entry, dict) and isinstance(entry.get("status"), str)
        ]
        return all(status == "dandi:OpenAccess" for status in statuses) if statuses else None

    def _date(self) -> str | None:
        # A draft can have a datePublished: the day when a version before it came out. Its own is dateCreated.
        is_draft = (self._text(self._metadata, "version") or self._version or "draft") == "draft"
        order = ("dateCreated", "datePublished") if is_draft else ("datePublished", "dateCreated")
        for key in order:
            value = self._text(self._metadata, key)
            if value and (match := _ISO_DATE.match(value)):
                return match[0]
            if value:
                self._warn("malformed-date", key, f"{value[:40]!r} is no ISO 8601 date")
        return None

    def _passages(
        self,
        title: str | None,
        keywords: tuple[str, ...],
        about: tuple[FieldTerm, ...],
        related: tuple[RelatedResource, ...],
    ) -> Iterator[Passage]:
        def passage(section: str, role: Role, text: str | None) -> Iterator[Passage]:
            if text and text.strip():
                yield Passage(record_id=self._id, section=section, role=role, text=text)

        yield from passage("title", Role.TITLE, title)
        yield from passage("description", Role.DESCRIPTION, self._text(self._metadata, "description"))
        for number, keyword in enumerate(keywords, start=1):
            yield from passage(f"keywords/{number}", Role.KEYWORD, keyword)
        for number, target in enumerate(self._strings("studyTarget"), start=1):
            if not _HTTP.match(target):
                yield from passage(f"studyTarget/{number}", Role.FIELD, target)
        for number, term in enumerate(about, start=1):
            if term.name != term.raw_id:
                yield from passage(f"about/{number}", Role.FIELD, term.name)
        for number, protocol in enumerate(self._strings("protocol"), start=1):
            if not _HTTP.match(protocol):
                yield from passage(f"protocol/{number}", Role.FIELD, protocol)
        for number, resource in enumerate(related, start=1):
            if resource.name and not _HTTP.match(resource.name):
                yield from passage(f"relatedResource/{number}", Role.FIELD, resource.name)
        for number, activity in enumerate(self._list(self._metadata, "wasGeneratedBy", "wasGeneratedBy"), start=1):
            if isinstance(activity, dict):
                yield from passage(
                    f"wasGeneratedBy/{number}",
                    Role.FIELD,
                    self._text(activity, "description", f"wasGeneratedBy[{number - 1}].description"),
                )

    def _ask_dandischema(self) -> None:
        if self._metadata.get("schemaKey") != "Dandiset":
            return
        for field, reason in _schema_faults(self._metadata):
            self._warn("dandischema", field, reason, Severity.NOTE)


@cache
def _dandiset_model() -> tuple[Any, Any]:
    # Imported late: it takes 0.7 s and a build without dandisets has no use for it.
    from dandischema.models import Dandiset
    from pydantic import ValidationError

    return Dandiset, ValidationError


def _schema_faults(metadata: Mapping[str, Any]) -> list[tuple[str, str]]:
    model, validation_error = _dandiset_model()
    try:
        model.model_validate(dict(metadata))
    except validation_error as error:
        faults = []
        for fault in error.errors(include_url=False, include_input=False, include_context=False):
            location = fault["loc"]
            if location and location[0] in _CHECKED_FIELDS:
                # Union members ("Person") stand between the index and the field in pydantic's location.
                path = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in location).lstrip(".")
                faults.append((path, fault["msg"].removeprefix("Value error, ")))
        return faults
    return []
