"""Which articles are wanted by name: from the settings, from lists, and from what dandisets and wiki pages cite."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from kg import __version__
from kg.config import PubmedHarvestConfig
from kg.errors import ConfigError
from kg.harvest.files import InputFile
from kg.harvest.identifiers import find_pmids
from kg.harvest.live.store import RecordStore
from kg.harvest.read import read_file
from kg.model import DatasetRecord, Source, WikiPageRecord, normalise_doi

#: Name under which the store keeps which articles its records name.
_STATE: Final = "named-by"
_PMID: Final = re.compile(r"^(?:PMID\s*:?\s*)?0*([1-9]\d{0,7})$", re.IGNORECASE)


@dataclass
class Named:
    """PMIDs and DOIs (bare, lower case)."""

    pmids: set[int] = field(default_factory=set)
    dois: set[str] = field(default_factory=set)

    def add(self, text: str) -> bool:
        """Take a PMID or DOI in any spelling; tell whether it is one."""
        text = text.strip()
        if match := _PMID.match(text):
            self.pmids.add(int(match[1]))
        elif doi := normalise_doi(text):
            self.dois.add(doi)
        elif found := find_pmids(text):
            self.pmids.update(int(pmid) for pmid in found)
        else:
            return False
        return True

    def update(self, other: Named) -> None:
        """Take another's ids too."""
        self.pmids |= other.pmids
        self.dois |= other.dois


def topic_queries(topics: Iterable[str], diseases: Iterable[str]) -> list[str]:
    """Make a query of each topic with each disease.

    Examples
    --------
    >>> topic_queries(["hippocampus"], ["epilepsy", "Alzheimer Disease[MeSH Terms] OR tauopathies"])
    ['(hippocampus) AND (epilepsy)', '(hippocampus) AND (Alzheimer Disease[MeSH Terms] OR tauopathies)']
    """
    diseases = list(diseases)
    return [f"({topic}) AND ({disease})" for topic in topics for disease in diseases]


def configured_ids(config: PubmedHarvestConfig) -> Named:
    """Collect the ids that the settings name.

    Raises
    ------
    ConfigError
        If a file can't be read, or something is neither a PMID nor a DOI.
    """
    named = Named()
    for entry in config.ids:
        if not named.add(str(entry)):
            raise ConfigError(
                f"{entry!r} is neither a PMID nor a DOI", "kg.toml: harvest.pubmed.ids", "correct it"
            )
    for name in config.id_files:
        try:
            lines = Path(name).read_text(encoding="utf-8").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(
                f"it can't be read: {error}", name, "correct harvest.pubmed.id_files"
            ) from error
        for number, line in enumerate(lines, start=1):
            text = (
                line.split("#")[0].strip()
                if not line.strip().lower().startswith(("http", "doi", "10."))
                else line
            )
            if text.strip() and not named.add(text):
                raise ConfigError(
                    f"{text[:60]!r} is neither a PMID nor a DOI",
                    f"{name}:{number}",
                    "write one PMID or DOI on a line, and '#' before remarks",
                )
    return named


def ids_named_in_store(store: RecordStore, sources: Iterable[str], *, remember: bool = True) -> Named:
    """Collect the articles that the store's dandisets and wiki pages name as theirs or cite.

    Parameters
    ----------
    store : RecordStore
        Open for writing, if it is to remember.
    sources : iterable of str
        ``dandi``, ``wiki``.
    remember : bool, default True
        Keep what each record names, so that a record that is as it was isn't read again: thousands of
        pages take minutes.

    Returns
    -------
    Named
    """
    named = Named()
    for source in sources:
        states = store.state(f"{_STATE}-{source}")
        known = dict(states)
        fresh: dict[str, Any] = {}
        for item in store.current(source):
            if item.relative is None:
                continue
            before = known.pop(item.key, None)
            if before is None or (before["of"], before["by"]) != (item.sha256, __version__):
                found = _named_by(InputFile(Source(source), item.path, item.relative))
                before = {"pmids": sorted(found.pmids), "dois": sorted(found.dois)}
                fresh[item.key] = {**before, "of": item.sha256, "by": __version__}
            named.pmids.update(before["pmids"])
            named.dois.update(before["dois"])
        if remember and (fresh or known):
            with store.batch():
                states.update(fresh)
                for key in known:  # records that are gone
                    del states[key]
    return named


def _named_by(file: InputFile) -> Named:
    named = Named()
    for record in read_file(file):
        if isinstance(record, DatasetRecord):
            works = [(related.pmid, related.doi) for related in record.related]
        elif isinstance(record, WikiPageRecord):
            works = [(reference.pmid, reference.doi) for reference in record.references]
        else:
            continue
        for pmid, doi in works:
            # A PMID says which record; the DOI beside it would only be asked for to say the same.
            if pmid and int(pmid):
                named.pmids.add(int(pmid))
            elif doi:
                named.dois.add(doi)
    return named
