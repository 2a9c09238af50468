"""Rule 3: where a dataset page cites an archive, and whether a peer-reviewed paper stands beside it.

A citation of an archive is an entry of the bibliography that names one, a link to one, or an accession
number in the text. It is paired where the same section cites a peer-reviewed publication; an entry that
the text never refers to, where the bibliography has one. An archive that is only talked about is not
cited.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

from kg.claims.works import works_in_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kg.claims.publications import PublicationIndex
    from kg.model import Passage, WikiPageRecord

#: Names of archives of data, as a bibliography gives them.
_NAME: Final = re.compile(
    r"\b(?:DANDI|OpenNeuro|Zenodo|figshare|Dryad|G-Node|GIN|CRCNS|NeMO archive|Brain Image Library|"
    r"EBRAINS|OSF|data archives?|Synapse\.org|NeuroVault)\b"
)
#: Addresses and accession numbers, anywhere.
_ADDRESS: Final = re.compile(
    r"dandiarchive\.org(?:/(?:#/)?dandiset/\d{6})?|\bDANDI:\d{6}\b|10\.48324/dandi\.\d{6}|openneuro\.org[/\w.-]*|"
    r"zenodo\.org/records?/\d+|10\.5281/zenodo\.\d+|datadryad\.org[/\w.:-]*|figshare\.com[/\w.-]*|osf\.io/\w+|"
    r"crcns\.org[/\w.-]*|gin\.g-node\.org[/\w.-]*|nemoarchive\.org|brainimagelibrary\.org|neurovault\.org[/\w.-]*",
    re.IGNORECASE,
)


class ArchiveCitation(NamedTuple):
    """One place where a page cites an archive."""

    archive: str
    section: str
    #: Publications that the same section cites, else those of the bibliography for an entry that stands alone.
    beside: tuple[str, ...]


def is_dataset_page(record: WikiPageRecord) -> bool:
    """Say whether a page is about a dataset or an archive."""
    return (record.page_type or record.slug.partition("/")[0]) in ("datasets", "dataset")


def archive_citations(record: WikiPageRecord) -> list[ArchiveCitation]:
    """Find every citation of an archive on a page.

    Parameters
    ----------
    record : WikiPageRecord
        The page.

    Returns
    -------
    list of ArchiveCitation
        In the order of the text, then of the bibliography; one an archive and section.
    """
    works = {
        reference.key: reference.curie or (f"PMC:{reference.pmc}" if reference.pmc else None)
        for reference in record.references
    }
    entries = {
        reference.key: found[0]
        for reference in record.references
        # A paper about an archive is a paper.
        if not reference.names_work and (found := _named(f"{reference.title or ''} {reference.text}"))
    }
    beside: dict[str, list[str]] = {}
    cited: list[tuple[str, str]] = []
    used: set[str] = set()
    for passage in record.passages:
        heading = passage.section.partition("#")[0]
        papers = beside.setdefault(heading, [])
        papers += [curie for mark in passage.marks if (curie := works.get(mark.key))]
        papers += [curie for curie, _, _ in works_in_text(passage.text) if not curie.startswith("DANDI:")]
        marked = [mark.key for mark in passage.marks if mark.key in entries]
        used.update(marked)
        cited += [(entries[key], heading) for key in marked]
        cited += [(archive, heading) for archive in _addresses(passage)]
    whole = tuple(curie for curie in works.values() if curie)
    return [
        *(
            ArchiveCitation(archive, heading, tuple(dict.fromkeys(beside[heading])))
            for archive, heading in dict.fromkeys(cited)
        ),
        *(ArchiveCitation(archive, f"references/{key}", whole) for key, archive in entries.items() if key not in used),
    ]


def is_paired(citation: ArchiveCitation, index: PublicationIndex) -> bool:
    """Say whether a peer-reviewed publication stands beside a citation of an archive."""
    return any(index.is_peer_reviewed(curie) for curie in citation.beside)


def _named(text: str) -> re.Match[str] | None:
    return _ADDRESS.search(text) or _NAME.search(text)


def _addresses(passage: Passage) -> Iterator[str]:
    for text in (*(link.target for link in passage.links), passage.text):
        yield from (match[0] for match in _ADDRESS.finditer(text))
