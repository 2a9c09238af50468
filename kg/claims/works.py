"""Identifiers of works, publications and dandisets, wherever they are written: fields, running text, addresses."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from kg.harvest.identifiers import REPOSITORY_DOI, find_publication_doi
from kg.model import find_dois, normalise_curie

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kg.model import RelatedResource

_NO_PUBLICATION: Final = frozenset(
    {
        "Software",
        "Dataset",
        "ComputationalNotebook",
        "Audiovisual",
        "Image",
        "Instrument",
        "Model",
        "Sound",
        "Workflow",
        "Service",
    }
)
_DANDI_DOI: Final = re.compile(r"10\.48324/dandi\.(\d{6})", re.IGNORECASE)
_DANDI_URL: Final = re.compile(
    r"(?:dandiarchive\.org/(?:#/)?dandiset/|identifiers\.org/dandi:|\bDANDI:)(\d{6})", re.IGNORECASE
)
_PMID: Final = re.compile(
    r"(?:\bPMID:?\s*|pubmed\.ncbi\.nlm\.nih\.gov/|ncbi\.nlm\.nih\.gov/pubmed/)(\d{4,8})\b", re.IGNORECASE
)
_PMC: Final = re.compile(r"(?:\bPMCID:?\s*|/articles/)(PMC\d{4,9})\b", re.IGNORECASE)
#: eLife gives each part of an article a DOI of its own: 10.7554/eLife.06619.001 is in article 06619.
_ELIFE_PART: Final = re.compile(r"^(10\.7554/elife\.\d+)\.\d+$")
PREPRINT_DOI: Final = re.compile(
    r"10\.(?:1101/\d{4}|1101/\d{6}|48550/arxiv|21203/rs|31234/osf|20944/preprints|2139/ssrn)", re.IGNORECASE
)
_TEXT_ID: Final = re.compile(r"10\.\d{4,9}/[^\s\"<>{}|\\^`\[\]]+|" + _PMID.pattern, re.IGNORECASE)


def curies_of(resource: RelatedResource) -> list[str]:
    """Give the identifiers of what a dataset says it is related to, the surest first.

    Parameters
    ----------
    resource : RelatedResource
        With an identifier, an address, or both.

    Returns
    -------
    list of str
        CURIEs: PMID, DOI, PMC, DANDI; empty where nothing can be told from it.
    """
    found: list[str] = []
    texts = [text for text in (resource.raw_id, resource.url) if text]
    for text in texts:
        found += [f"DANDI:{match[1]}" for match in (_DANDI_URL.search(text), _DANDI_DOI.search(text)) if match]
    if resource.pmid:
        found.append(f"PMID:{resource.pmid}")
    found += [f"PMID:{match[1]}" for text in texts if (match := _PMID.search(text))]
    if resource.doi:
        found.append(f"DOI:{whole_doi(resource.doi)}")
    found += [f"DOI:{whole_doi(doi)}" for text in texts if (doi := find_publication_doi(text))]
    found += [f"PMC:{match[1].upper()}" for text in texts if (match := _PMC.search(text))]
    return list(dict.fromkeys(curie for curie in found if not _DANDI_DOI.search(curie)))


def is_publication(resource: RelatedResource) -> bool:
    """Say whether a related resource is a publication, by its type and where its DOI lives."""
    if resource.resource_type in _NO_PUBLICATION:
        # A preprint's DOI under "Dataset" is a slip of the form.
        return bool(resource.doi and PREPRINT_DOI.search(resource.doi))
    dois = [text for text in (resource.doi, resource.raw_id, resource.url) if text]
    return not any(REPOSITORY_DOI.search(doi) or "github.com" in doi for doi in dois)


def works_in_text(text: str) -> Iterator[tuple[str, int, int]]:
    """Find identifiers of publications and dandisets in running text.

    Yields
    ------
    (str, int, int)
        CURIE, and the span of the identifier as written.

    Examples
    --------
    >>> list(works_in_text("See doi:10.1038/nn.4637 (PMID: 28892057)."))
    [('DOI:10.1038/nn.4637', 8, 23), ('PMID:28892057', 25, 39)]
    """
    for match in _TEXT_ID.finditer(text):
        if match[1]:
            yield f"PMID:{match[1]}", match.start(), match.end()
        elif dois := find_dois(match[0]):
            doi = dois[0]
            written = match[0].lower().find(doi)
            end = match.start() + (written + len(doi) if written >= 0 else len(match[0]))
            dandiset = _DANDI_DOI.match(doi)
            yield (f"DANDI:{dandiset[1]}" if dandiset else f"DOI:{whole_doi(doi)}"), match.start(), end
    for match in _DANDI_URL.finditer(text):
        yield f"DANDI:{match[1]}", match.start(), match.end()


def work_of_address(address: str) -> str | None:
    """Give the publication or dandiset that a web address leads to, or None."""
    if match := _DANDI_URL.search(address):
        return f"DANDI:{match[1]}"
    if match := _PMID.search(address):
        return f"PMID:{match[1]}"
    if doi := find_publication_doi(address):
        dandiset = _DANDI_DOI.match(doi)
        return f"DANDI:{dandiset[1]}" if dandiset else f"DOI:{whole_doi(doi)}"
    curie = normalise_curie(address)
    return curie if curie and curie.startswith(("PMID:", "DOI:", "DANDI:")) else None


def whole_doi(doi: str) -> str:
    """Give the DOI of the article that a DOI names or names a part of, in lower case."""
    match = _ELIFE_PART.match(doi.lower())
    return match[1] if match else doi.lower()
