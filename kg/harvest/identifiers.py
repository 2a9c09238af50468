"""Identifiers inside text and addresses: PMIDs, DOIs behind publishers' addresses, ORCID and ROR."""

from __future__ import annotations

import re
from typing import Final

from kg.model import normalise_doi

_PUBMED_ADDRESS: Final = re.compile(
    r"(?:pubmed\.ncbi\.nlm\.nih\.gov/|ncbi\.nlm\.nih\.gov/(?:m/)?pubmed/(?:\?term=)?)(\d{1,8})(?!\d)",
    re.IGNORECASE,
)
_PMID: Final = re.compile(r"\b(?:PMID|PubMed(?:\s+ID)?)\s*[:#]?\s*(\d{1,8})(?!\d)", re.IGNORECASE)
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
