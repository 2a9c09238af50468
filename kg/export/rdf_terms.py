"""IRIs and literals of N-Quads as Polars expressions.

Syntax: https://www.w3.org/TR/n-quads/#sec-grammar; of IRIs, RFC 3987. A column of CURIEs or texts becomes a column of
terms in a few passes in native code; only the rare identifier with odd characters goes through Python.
"""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import quote

import polars as pl

from kg.errors import ExportError
from kg.model.curie import prefix_map

#: Namespaces beside those of CURIEs.
NAMESPACES: Final[dict[str, str]] = {
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
    "owl": "http://www.w3.org/2002/07/owl#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
    "skos": "http://www.w3.org/2004/02/skos/core#",
    "dcterms": "http://purl.org/dc/terms/",
    "prov": "http://www.w3.org/ns/prov#",
    "oboInOwl": "http://www.geneontology.org/formats/oboInOwl#",
}

#: Of a CURIE's local part, what stands in an IRI as it is. '%', '#' and '?' would change what the IRI means, so two
#: CURIEs never share one.
_SAFE: Final = "/:@!$&'()*+,;=~._-"
_ODD: Final = r"[^A-Za-z0-9/:@!$&'()*+,;=~._-]"
#: The same for an address, where '%', '#' and '?' already mean what they should.
_ADDRESS_SAFE: Final = _SAFE + "%#?"

#: ECHAR where there is one, else UCHAR: the escapes of canonical N-Quads.
_ESCAPES: Final[dict[str, str]] = {
    **{chr(code): f"\\u{code:04X}" for code in (*range(0x20), 0x7F)},
    "\b": "\\b",
    "\t": "\\t",
    "\n": "\\n",
    "\f": "\\f",
    "\r": "\\r",
    '"': '\\"',
    "\\": "\\\\",
}


def rdf_prefixes() -> dict[str, str]:
    """Give every prefix that an export uses, with its IRI prefix, sorted.

    Examples
    --------
    >>> rdf_prefixes()["UBERON"]
    'http://purl.obolibrary.org/obo/UBERON_'
    """
    return dict(sorted({**prefix_map(), **NAMESPACES}.items()))


def iri(name: str) -> str:
    """Write a CURIE of ours as an N-Quads term.

    Examples
    --------
    >>> iri("rdf:type")
    '<http://www.w3.org/1999/02/22-rdf-syntax-ns#type>'
    >>> iri("DOI:10.1/a<b>%")
    '<https://doi.org/10.1/a%3Cb%3E%25>'
    """
    prefix, _, local = name.partition(":")
    return f"<{rdf_prefixes()[prefix]}{quote(local, safe=_SAFE)}>"


def is_known(column: pl.Expr) -> pl.Expr:
    """Tell which CURIEs have a prefix that is known and a local part."""
    return column.str.extract(r"(?s)^([^:]*):.").is_in(list(rdf_prefixes())).fill_null(value=False)


def check_curies(column: pl.Series, where: str) -> None:
    """Make sure that every CURIE of a column can be written.

    Parameters
    ----------
    column : polars.Series
        CURIEs; nulls are left alone.
    where : str
        Table and column, for the message.

    Raises
    ------
    ExportError
        Naming the prefixes that are unknown; ``facts["curies"]`` has up to a hundred of the CURIEs.
    """
    unique = pl.DataFrame({"curie": column.drop_nulls().unique()})
    unknown = unique.filter(~is_known(pl.col("curie")))["curie"].sort().to_list()
    if unknown:
        prefixes = sorted({curie.partition(":")[0] if ":" in curie else "(none)" for curie in unknown})
        raise ExportError(
            f"{len(unknown)} identifiers have no known prefix ({', '.join(map(repr, prefixes[:5]))};"
            f" first: {unknown[0]!r})",
            where,
            "add the prefix to kg/model/curie.py, or normalise the identifier where it is read",
            prefixes=prefixes,
            curies=unknown[:100],
        )


def iri_terms(column: pl.Expr) -> pl.Expr:
    """Write a column of checked CURIEs as N-Quads terms; null stays null."""
    known = rdf_prefixes()
    prefix = column.str.extract(r"^([^:]*):")
    local = column.str.replace(r"^[^:]*:", "")
    start = prefix.replace_strict(list(known), list(known.values()), default=None, return_dtype=pl.String)
    return pl.format("<{}{}>", start, _encoded(local, _SAFE))


def address_terms(column: pl.Expr) -> pl.Expr:
    """Write a column of http addresses as N-Quads terms; null where one is no address."""
    is_address = column.str.contains(r"^https?://[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?(:[0-9]+)?([/?#]|$)")
    return pl.when(is_address).then(pl.format("<{}>", _encoded(column, _ADDRESS_SAFE)))


def _encoded(column: pl.Expr, safe: str) -> pl.Expr:
    odd = column.str.contains(_ODD)
    # Only the odd ones go through Python: in a build, a few DOIs in a hundred thousand.
    slow = pl.when(odd).then(column).map_elements(lambda text: _encode(text, safe), return_dtype=pl.String)
    return pl.when(odd).then(slow).otherwise(column)


def _encode(text: str, safe: str) -> str:
    if "%" in safe:
        text = re.sub(r"%(?![0-9A-Fa-f]{2})", "%25", text)
        # An address has one fragment: a second '#' is a character of it.
        head, mark, fragment = text.partition("#")
        text = head + mark + fragment.replace("#", "%23")
    return quote(text, safe=safe)


def literal_terms(column: pl.Expr, datatype: str | None = None) -> pl.Expr:
    """Write a column of texts or numbers as literals; null stays null.

    Parameters
    ----------
    column : polars.Expr
        Strings, or anything that Polars casts to the lexical form of its datatype.
    datatype : str, optional
        CURIE such as ``xsd:integer``; a plain string without it.
    """
    text = column.cast(pl.String).str.replace_many(list(_ESCAPES), list(_ESCAPES.values()))
    return pl.format('"{}"' + (f"^^{iri(datatype)}" if datatype else ""), text)
