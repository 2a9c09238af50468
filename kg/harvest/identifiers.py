"""Identifiers inside text and addresses: PMIDs, PMC numbers, DOIs behind publishers' addresses, ORCID and ROR."""

from __future__ import annotations

import re
from typing import Final, NamedTuple
from urllib.parse import unquote

from kg.model import find_dois, normalise_doi

_PUBMED_ADDRESS: Final = re.compile(
    r"(?:pubmed\.ncbi\.nlm\.nih\.gov/|ncbi\.nlm\.nih\.gov/(?:m/)?pubmed/(?:\?term=)?)(\d{1,8})(?!\d)",
    re.IGNORECASE,
)
_PMID: Final = re.compile(r"\b(?:PMID|PubMed(?:\s+ID)?)\s*[:#]?\s*(\d{1,8})(?!\d)", re.IGNORECASE)
_PMC: Final = re.compile(r"\bPMC(\d{5,8})(?!\w)", re.IGNORECASE)
_MAY_CITE: Final = re.compile(r"10\.\d|PMC\d|PMID|pubmed", re.IGNORECASE)
#: What cites a work where it stands. A word "PubMed" before a number may be anything.
_CITED: Final = re.compile(
    r"\bPMIDs?\s*:?\s*(?P<pmid>\d{1,8})(?!\d)"
    r"|(?:https?://)?(?:www\.)?(?:pubmed\.ncbi\.nlm\.nih\.gov/|ncbi\.nlm\.nih\.gov/(?:m/)?pubmed/(?:\?term=)?)"
    r"(?P<address>\d{1,8})(?!\d)/?"
    r"|(?:https?://[\w./-]*?|\bPMCID\s*:?\s*)?\bPMC(?P<pmc>\d{5,8})(?!\w)/?"
    r"|(?:https?://(?:dx\.)?doi\.org/|\bdoi\s*:?\s*)?(?P<doi>\b10\.\d{4,9}/[^\s\"<>{}|\\^`\[\]]+)",
    re.IGNORECASE,
)
#: DOI prefixes of repositories of data and code: what they name is no publication.
REPOSITORY_DOI: Final = re.compile(
    r"10\.(?:5281/zenodo|6084/m9\.figshare|25378/janelia|5061/dryad|17605/osf|12751/g-node|"
    r"18112/openneuro|48324/dandi|6080/|"
    r"17632/|17863/|14224/|25349/|35077/|35079/|7303/syn|25493/|7910/dvn|25739/|24433/|26037/|60533/|"
    r"82901/|5072/)",
    re.IGNORECASE,
)
_ARXIV: Final = re.compile(r"arxiv(?:\.org/(?:abs|pdf)/|:\s*)(\d{4}\.\d{4,5})", re.IGNORECASE)
_NATURE: Final = re.compile(r"nature\.com/articles/([sd]\d{5}-\d{3}-\d{3,5}-[\dxyz])(?![\w-])", re.IGNORECASE)
_ELIFE: Final = re.compile(r"elifesciences\.org/(?:articles|reviewed-preprints)/(\d{5,6})(?!\d)", re.IGNORECASE)
_ORCID: Final = re.compile(r"(?<!\d)(\d{4})-?(\d{4})-?(\d{4})-?(\d{3}[\dX])(?!\w)", re.IGNORECASE)
_ROR: Final = re.compile(r"^(?:https?://)?(?:www\.)?ror\.org/(0[a-hj-km-np-tv-z0-9]{6}\d{2})/?$", re.IGNORECASE)
_CROCKFORD: Final = "0123456789abcdefghjkmnpqrstvwxyz"


def find_pmids(text: str) -> list[str]:
    """Find every PMID in running text or an address, in order, once each.

    Parameters
    ----------
    text : str
        Text with ``PMID: n``, or an address of PubMed. A bare number is never taken for one.

    Returns
    -------
    list of str
        Digits only.

    Examples
    --------
    >>> find_pmids("Shown before (PMID: 31086362), https://pubmed.ncbi.nlm.nih.gov/33473216/.")
    ['31086362', '33473216']
    >>> find_pmids("in 31086362 cells")
    []
    """
    hits = sorted(
        (match.start(1), match[1]) for pattern in (_PMID, _PUBMED_ADDRESS) for match in pattern.finditer(text)
    )
    return list(dict.fromkeys(pmid.lstrip("0") for _, pmid in hits if pmid.strip("0")))


class CitedWork(NamedTuple):
    """A work that running text cites by an identifier, and the span of what stands for it."""

    key: str
    start: int
    end: int


def find_cited_works(text: str) -> list[CitedWork]:
    """Find the publications that running text cites by their identifiers, bare or as addresses.

    Parameters
    ----------
    text : str
        Plain text.

    Returns
    -------
    list of CitedWork
        In order, as often as they stand there, with keys as ``PMID:36193886``, ``DOI:10.7554/elife.78362`` and
        ``PMC:PMC9531949``. DOIs of repositories of data and code are none of a publication.

    Examples
    --------
    >>> [work.key for work in find_cited_works("So it is (doi:10.7554/eLife.78362; PMC9531949).")]
    ['DOI:10.7554/elife.78362', 'PMC:PMC9531949']
    >>> find_cited_works("The data are at https://doi.org/10.5281/zenodo.1234.")
    []
    """
    if not _MAY_CITE.search(text):
        return []
    found = []
    for match in _CITED.finditer(text):
        key = _key_of(match)
        if key is not None:
            found.append(CitedWork(key, *match.span()))
    return found


def work_of_link(address: str) -> str | None:
    """Give the key, as of `find_cited_works`, of the publication that a link leads to.

    Examples
    --------
    >>> work_of_link("https://www.nature.com/articles/s41467-021-20936-8"), work_of_link("/diseases/epilepsy")
    ('DOI:10.1038/s41467-021-20936-8', None)
    """
    if ":" not in address:
        return None
    address = unquote(address)
    if pmids := find_pmids(address):
        return f"PMID:{pmids[0]}"
    if pmc := find_pmc(address):
        return f"PMC:{pmc}"
    doi = find_publication_doi(address)
    return f"DOI:{doi}" if doi and not REPOSITORY_DOI.match(doi) else None


def find_pmc(text: str) -> str | None:
    """Find the first number of PubMed Central in a text or an address.

    Examples
    --------
    >>> find_pmc("https://pmc.ncbi.nlm.nih.gov/articles/PMC9531949/")
    'PMC9531949'
    """
    match = _PMC.search(text)
    return f"PMC{match[1]}" if match else None


def _key_of(match: re.Match[str]) -> str | None:
    if doi := match["doi"]:
        dois = find_dois(doi)
        return f"DOI:{dois[0]}" if dois and not REPOSITORY_DOI.match(dois[0]) else None
    if match["pmc"]:
        return f"PMC:PMC{match['pmc']}"
    pmid = (match["pmid"] or match["address"]).lstrip("0")
    return f"PMID:{pmid}" if pmid else None


def find_publication_doi(text: str) -> str | None:
    """Find the DOI in a field, or the one that a publisher's address stands for.

    Parameters
    ----------
    text : str
        A DOI in any spelling, or an address at arXiv, Nature or eLife, whose DOIs follow from it.

    Returns
    -------
    str or None
        Bare and lower case.

    Examples
    --------
    >>> find_publication_doi("https://elifesciences.org/articles/55130")
    '10.7554/elife.55130'
    >>> find_publication_doi("https://www.nature.com/articles/s41467-021-20936-8")
    '10.1038/s41467-021-20936-8'
    >>> find_publication_doi("https://arxiv.org/abs/1810.11393")
    '10.48550/arxiv.1810.11393'
    """
    if doi := normalise_doi(text):
        return doi
    for pattern, prefix in ((_ARXIV, "10.48550/arxiv."), (_NATURE, "10.1038/"), (_ELIFE, "10.7554/elife.")):
        if match := pattern.search(text):
            return prefix + match[1].lower()
    return None


def orcid_curie(raw: str) -> str | None:
    """Give the CURIE of an ORCID, or None where its check digit says that it is none.

    Examples
    --------
    >>> orcid_curie("https://orcid.org/0000-0002-1825-0097"), orcid_curie("000000021825009X")
    ('ORCID:0000-0002-1825-0097', None)
    """
    match = _ORCID.search(raw)
    if not match:
        return None
    digits = "".join(match.groups()).upper()
    total = 0
    for digit in digits[:-1]:  # ISO 7064 mod 11-2
        total = (total + int(digit)) * 2
    check = (12 - total % 11) % 11
    if digits[-1] != ("X" if check == 10 else str(check)):
        return None
    return "ORCID:" + "-".join(digits[index : index + 4] for index in range(0, 16, 4))


def ror_curie(raw: str) -> str | None:
    """Give the CURIE of a ROR address, or None where its check digits say that it is none.

    Examples
    --------
    >>> ror_curie("https://ror.org/01cwqze88"), ror_curie("https://ror.org/000000000")
    ('ROR:01cwqze88', None)
    """
    match = _ROR.match(raw.strip())
    if not match:
        return None
    identifier = match[1].lower()
    number = 0
    for character in identifier[:7]:
        number = number * 32 + _CROCKFORD.index(character)
    # ISO 7064 mod 97-10, as ROR describes its identifiers
    return f"ROR:{identifier}" if 98 - (number * 100) % 97 == int(identifier[7:]) else None
