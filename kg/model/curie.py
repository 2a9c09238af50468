"""CURIEs: one spelling for every identifier, and the IRI behind it.

Records write the same identifier as ``UBERON_0000955``, ``obo:UBERON_0000955``, a PURL or a bare
number under a ``prefix`` field. Everything inside the graph uses one CURIE; the string as found is
kept beside it by whoever read it.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache
from typing import Final

from curies import Converter, Record

_OBO = "http://purl.obolibrary.org/obo/"

#: prefix -> (IRI prefix, other prefixes, other IRI prefixes). Spellings follow Bioregistry where it has them.
_PREFIXES: Final[dict[str, tuple[str, tuple[str, ...], tuple[str, ...]]]] = {
    "UBERON": (f"{_OBO}UBERON_", (), ()),
    "CL": (f"{_OBO}CL_", (), ()),
    "PCL": (f"{_OBO}PCL_", (), ()),
    "MONDO": (f"{_OBO}MONDO_", (), ()),
    "NCBITaxon": (
        f"{_OBO}NCBITaxon_",
        ("taxon", "txid", "NCBITaxonomy"),
        ("https://www.ncbi.nlm.nih.gov/taxonomy/",),
    ),
    "GO": (f"{_OBO}GO_", (), ()),
    "DOID": (f"{_OBO}DOID_", (), ()),
    "ECO": (f"{_OBO}ECO_", (), ()),
    "OBI": (f"{_OBO}OBI_", (), ()),
    "IAO": (f"{_OBO}IAO_", (), ()),
    "NBO": (f"{_OBO}NBO_", (), ("https://ontobee.org/ontology/NBO?iri=http://purl.obolibrary.org/obo/NBO_",)),
    "CHEBI": (f"{_OBO}CHEBI_", (), ()),
    "PATO": (f"{_OBO}PATO_", (), ()),
    "HP": (f"{_OBO}HP_", (), ()),
    "MBA": (
        "https://purl.brain-bican.org/ontology/mbao/MBA_",
        (),
        ("http://api.brain-map.org/api/v2/data/Structure/",),
    ),
    "HBA": ("https://purl.brain-bican.org/ontology/hbao/HBA_", (), ()),
    "MESH": ("http://id.nlm.nih.gov/mesh/", ("MSH", "MeSH"), ("https://meshb.nlm.nih.gov/record/ui?ui=",)),
    "SNOMEDCT": ("http://snomed.info/id/", ("SCTID", "SNOMED", "SNOMED_CT"), ("http://snomed.info/sct/",)),
    "NLXFUNC": ("http://uri.neuinfo.org/nif/nifstd/nlx_func_", (), ()),
    "NIFSTD": ("http://uri.neuinfo.org/nif/nifstd/", ("NIF",), ()),
    "ILX": ("http://uri.interlex.org/base/ilx_", (), ()),
    # The NIF methods modules have readable ids, and numbers where nobody has given a readable one yet.
    "ilxtr": ("http://uri.interlex.org/tgbugs/uris/readable/", (), ()),
    "ilxtri": ("http://uri.interlex.org/tgbugs/uris/indexes/ontologies/methods/", (), ()),
    "openminds": ("https://openminds.ebrains.eu/instances/", (), ()),
    "COGAT": ("https://www.cognitiveatlas.org/concept/id/", (), ()),
    "DANDI": ("https://dandiarchive.org/dandiset/", (), ("http://dandiarchive.org/dandiset/",)),
    "PMID": ("https://pubmed.ncbi.nlm.nih.gov/", ("PubMed",), ("https://www.ncbi.nlm.nih.gov/pubmed/",)),
    "PMC": (
        "https://www.ncbi.nlm.nih.gov/pmc/articles/PMC",
        ("PMCID",),
        ("https://pmc.ncbi.nlm.nih.gov/articles/PMC",),
    ),
    "DOI": ("https://doi.org/", (), ("http://doi.org/", "https://dx.doi.org/", "http://dx.doi.org/")),
    "ORCID": ("https://orcid.org/", (), ("http://orcid.org/",)),
    "ROR": ("https://ror.org/", (), ("http://ror.org/",)),
    "RRID": ("https://scicrunch.org/resolver/RRID:", (), ()),
    "WP": ("https://www.wikipathways.org/pathways/WP", ("WikiPathways",), ()),
    "infores": ("https://w3id.org/biolink/infores/", (), ()),
    "biolink": ("https://w3id.org/biolink/vocab/", (), ()),
    "wiki": ("https://w3id.org/neurokg/wiki/", (), ()),
    "mechanism": ("https://w3id.org/neurokg/mechanism/", (), ()),
    "claim": ("https://w3id.org/neurokg/claim/", (), ()),
    "evidence": ("https://w3id.org/neurokg/evidence/", (), ()),
    "kg": ("https://w3id.org/neurokg/vocab/", (), ()),
}

_OBO_LIKE = re.compile(r"^(?:obo:)?([A-Za-z]{2,10})[_:]\s*(\d+)$")
_DOI = re.compile(r"\b10\.\d{4,9}/[^\s\"<>{}|\\^`\[\]]+", re.IGNORECASE)


@cache
def converter() -> Converter:
    """Return the converter of every prefix that the graph uses.

    Returns
    -------
    curies.Converter
        Longest IRI prefix wins.
    """
    return Converter(
        [
            Record(prefix=prefix, uri_prefix=iri, prefix_synonyms=list(names), uri_prefix_synonyms=list(iris))
            for prefix, (iri, names, iris) in _PREFIXES.items()
        ]
    )


@cache
def _prefix_by_lower() -> dict[str, str]:
    spellings = {prefix.lower(): prefix for prefix in _PREFIXES}
    for prefix, (_, names, _) in _PREFIXES.items():
        spellings.update({name.lower(): prefix for name in names})
    return spellings


def normalise_curie(raw: str) -> str | None:
    """Give the CURIE that a raw identifier means.

    Parameters
    ----------
    raw : str
        A CURIE in any case, ``PREFIX_number``, or an IRI of a known prefix.

    Returns
    -------
    str or None
        The CURIE in its one spelling; None where no known prefix fits, which is never a guess.

    Examples
    --------
    >>> normalise_curie("http://purl.obolibrary.org/obo/UBERON_0000955")
    'UBERON:0000955'
    >>> normalise_curie(" uberon_0000955 "), normalise_curie("doi:10.1000/ABC")
    ('UBERON:0000955', 'DOI:10.1000/abc')
    >>> normalise_curie("hippocampus") is None
    True
    """
    text = raw.strip()
    if not text:
        return None
    if text.startswith(("http://", "https://")):
        found = converter().parse_uri(text, strict=False)
        if found is None or not found.identifier:
            return None
        prefix, identifier = found.prefix, found.identifier
    elif match := _OBO_LIKE.match(text):
        known = _prefix_by_lower().get(match[1].lower())
        if known is None:
            return None
        prefix, identifier = known, match[2]
    else:
        head, colon, identifier = text.partition(":")
        known = _prefix_by_lower().get(head.strip().lower()) if colon else None
        if known is None:
            return None
        prefix, identifier = known, identifier.strip()
    identifier = identifier.rstrip("/")
    if prefix == "DOI":
        doi = normalise_doi(identifier)
        return f"DOI:{doi}" if doi else None
    if not identifier or re.search(r"\s", identifier):
        return None
    return f"{prefix}:{identifier}"


def normalise_doi(raw: str) -> str | None:
    """Find the DOI in a field that should hold one.

    Parameters
    ----------
    raw : str
        Bare, prefixed, a URL, or with words around it, as records write it.

    Returns
    -------
    str or None
        The first DOI, in lower case (DOIs ignore case: ISO 26324), without trailing punctuation.

    Examples
    --------
    >>> normalise_doi("T. D.10.1016/j.neuron.2018.10.003 ")
    '10.1016/j.neuron.2018.10.003'
    >>> normalise_doi("https://www.biorxiv.org/content/10.1101/2020.01.02.123456v2.full")
    '10.1101/2020.01.02.123456'
    >>> normalise_doi("1810.11393") is None
    True
    """
    found = find_dois(raw)
    return found[0] if found else None


def find_dois(text: str) -> list[str]:
    """Find every DOI in running text, in order, once each, in lower case."""
    dois: list[str] = []
    # A DOI glued to a word ("T. D.10.1016/...") has no word boundary before it: give it one.
    for match in _DOI.finditer(re.sub(r"(?<=[A-Za-z.])(?=10\.\d{4,9}/)", " ", text)):
        doi = match[0].lower().rstrip(".,;:!?'\"”’*_")
        while doi.endswith(")") and doi.count("(") < doi.count(")"):
            doi = doi[:-1].rstrip(".,;:")
        # bioRxiv's page addresses carry a version and a view behind the DOI.
        doi = re.sub(
            r"(10\.1101/[\d.]+?)(?:v\d+)?(?:\.(?:full|abstract|full-text|full\.pdf|supplementary-material).*)?$",
            r"\1",
            doi,
        )
        doi = re.sub(r"/(?:full|abstract|pdf|meta)$", "", doi)
        if doi not in dois:
            dois.append(doi)
    return dois


@lru_cache(maxsize=10_000)
def iri_of(curie: str) -> str | None:
    """Give the IRI of a CURIE, or None where its prefix is unknown.

    Examples
    --------
    >>> iri_of("MONDO:0004975")
    'http://purl.obolibrary.org/obo/MONDO_0004975'
    """
    return converter().expand(curie)


def prefix_map() -> dict[str, str]:
    """Give every prefix with its IRI prefix, for exports that declare them."""
    return {prefix: iri for prefix, (iri, _, _) in _PREFIXES.items()}
