"""A wiki page's bibliography: ``refs_json``, footnotes, "References" lists; and whose key is whose entry."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from kg.harvest.files import clean_text
from kg.harvest.identifiers import find_pmc, find_pmids
from kg.model import Reference, find_dois, normalise_doi

_YEAR: Final = re.compile(r"\b(1[89]\d\d|20\d\d)\b")
_KEY: Final = re.compile(r"^([a-z]+)(\d{4})?([a-z]?)$")
_UNKNOWN: Final = re.compile(r"^(?:unknown|n/?a|none|null|tbd|anonymous)?[\s.,;]*$", re.IGNORECASE)
_LINKED: Final = re.compile(r"\[((?:[^\[\]]|\[[^\[\]]*\])*)\]\(\s*(\S+?)\s*\)")


def parse_refs(raw: object) -> tuple[dict[str, Reference], list[str]]:
    """Read ``refs_json``: key to what is known of a work, mostly null.

    Parameters
    ----------
    raw : object
        A mapping of keys to mappings, or the same as JSON text.

    Returns
    -------
    references : dict of str to Reference
        By key, in the order of the page.
    complaints : list of str
        What can't be used.

    Examples
    --------
    >>> refs, _ = parse_refs({"rubel2022": {"pmid": 36193886, "authors": "Rübel et al.", "title": None}})
    >>> refs["rubel2022"].curie, refs["rubel2022"].authors
    ('PMID:36193886', 'Rübel et al.')
    """
    if isinstance(raw, str):
        try:
            raw = json.loads(raw)
        except (json.JSONDecodeError, RecursionError) as error:
            return {}, [f"not valid JSON: {error}"]
    if isinstance(raw, list):
        raw = {
            str(entry.get("key", entry.get("id", number))): entry
            for number, entry in enumerate(raw, 1)
            if isinstance(entry, dict)
        }
    if not isinstance(raw, dict):
        return {}, [] if raw is None else ["it is no mapping of keys to references"]
    references, complaints = {}, []
    for name, entry in raw.items():
        key = clean_text(str(name)).strip().removeprefix("@")
        if isinstance(entry, str):
            references[key] = parse_reference(key, entry)
        elif isinstance(entry, dict):
            references[key], faults = _from_mapping(key, entry)
            complaints += [f"{key}: {fault}" for fault in faults]
        elif entry is None:
            references[key] = Reference(key=key)
        else:
            complaints.append(f"{key}: it is no mapping")
    return references, complaints


def _from_mapping(key: str, entry: Mapping[str, Any]) -> tuple[Reference, list[str]]:
    faults = []
    authors = entry.get("authors", entry.get("author"))
    if isinstance(authors, list):
        authors = ", ".join(str(author) for author in authors if isinstance(author, str | int))
    texts = {name: _known(entry.get(name)) for name in ("title", "journal", "year", "url", "pmid", "doi", "pmc")}
    pmid = re.sub(r"^(?:PMID|PubMed)\s*:?\s*", "", texts["pmid"] or "", flags=re.IGNORECASE)
    if pmid and not (pmid.isascii() and pmid.isdecimal() and 0 < len(pmid.lstrip("0")) <= 8):
        found = find_pmids(pmid)
        if not found:
            faults.append(f"{pmid[:40]!r} is no PMID")
        pmid = found[0] if found else ""
    pmid = pmid or next(iter(find_pmids(texts["url"] or "")), "")
    doi = normalise_doi(texts["doi"] or "")
    if texts["doi"] and doi is None:
        faults.append(f"{texts['doi'][:60]!r} is no DOI")
    year = _YEAR.search(texts["year"] or "")
    written = [part for part in (_known(authors), texts["title"], texts["journal"], texts["year"]) if part]
    reference = Reference(
        key=key,
        pmid=pmid.lstrip("0") or None,
        doi=doi or normalise_doi(texts["url"] or ""),
        pmc=find_pmc(texts["pmc"] or texts["url"] or ""),
        title=texts["title"],
        year=year[1] if year else None,
        authors=_known(authors),
        text=", ".join(written),
    )
    return reference, faults


def _known(value: object) -> str | None:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    text = " ".join(clean_text(str(value)).split())
    return None if _UNKNOWN.match(text) else text


def parse_reference(key: str, text: str, *, addresses: Sequence[str] = ()) -> Reference:
    """Read a reference that is written out: a footnote, or an entry of a list.

    Parameters
    ----------
    key : str
        Its key.
    text : str
        The entry, plain or as ``[Authors, Title (year)](address)``.
    addresses : sequence of str
        Where the entry's links point.

    Returns
    -------
    Reference
        With the PMID, DOI, year and authors that the text or its links have.

    Examples
    --------
    >>> parse_reference("1", "[Siegle et al., Survey of spiking (2021) (2021)](https://pubmed.ncbi.nlm.nih.gov/33473216/)").pmid
    '33473216'
    """
    where = " ".join((*addresses, *(match[2] for match in _LINKED.finditer(text))))
    plain = " ".join(_LINKED.sub(r"\1", text).split())
    pmids = find_pmids(f"{where} {plain}")
    dois = find_dois(f"{where} {plain}")
    years = _YEAR.findall(plain)
    authors, comma, rest = plain.partition(",")
    title = re.sub(r"(?:\s*\((?:\d{4}|n\.d\.)\))+\s*\.?$", "", rest).strip() if comma else None
    return Reference(
        key=key,
        pmid=pmids[0] if pmids else None,
        doi=dois[0] if dois else None,
        pmc=find_pmc(f"{where} {plain}"),
        title=title or None,
        year=years[-1] if years else None,
        authors=None if not comma or _UNKNOWN.match(authors) else authors,
        text=plain,
    )


def name_entries(entries: Sequence[Reference], keys: Iterable[str]) -> list[Reference]:
    """Give the entries of a written-out list the keys by which the page cites them.

    A key is the first author's name and the year, with a letter from the second of the same ("de2019",
    "allen", "allena"). Where it isn't exactly that, an entry matches by the beginning of the name and the
    year, if it is the only one ("pierr2024" is Pierré 2024); nothing else is a match.

    Parameters
    ----------
    entries : sequence of Reference
        In the order of the list; their keys are ignored.
    keys : iterable of str
        Keys that the page cites.

    Returns
    -------
    list of Reference
        The entries, each with the key that fits it, or the one that it would have.

    Examples
    --------
    >>> texts = ("Pierré et al., A perspective (2024)", "Unknown, NWB, Archives (n.d.)")
    >>> entries = [parse_reference("", text) for text in texts]
    >>> [entry.key for entry in name_entries(entries, ["pierr2024", "nwb", "smith2001"])]
    ['pierr2024', 'nwb']
    """
    wanted = dict.fromkeys(keys)
    made: list[str] = []
    for entry in entries:
        name = next(iter(_names(entry)), "ref")
        base = f"{name}{entry.year or ''}"
        count = sum(1 for other in made if re.fullmatch(rf"{re.escape(base)}[a-z]?", other))
        made.append(base if not count else f"{base}{chr(ord('a') + (count - 1) % 26)}")
    taken = {key for key in made if key in wanted}
    for key in wanted:
        match = _KEY.match(key)
        if key in taken or match is None or not match[2] or len(match[1]) < 3:
            continue
        fits = [
            index
            for index, entry in enumerate(entries)
            if made[index] not in taken
            and entry.year == match[2]
            and any(name.startswith(match[1]) for name in _names(entry))
        ]
        if len(fits) == 1:
            made[fits[0]] = key
            taken.add(key)
    return [entry.model_copy(update={"key": key}) for entry, key in zip(entries, made, strict=True)]


def _names(entry: Reference) -> list[str]:
    """Give the spellings of the first author's first word: without accents, and without the letters that have them."""
    text = entry.text.lower()
    words = re.split(r"[\s,]+", re.sub(r"^unknown\s*,\s*", "", text), maxsplit=1)[0]
    folded = unicodedata.normalize("NFKD", words).encode("ascii", "ignore").decode()
    spellings = (re.sub(r"[^a-z]", "", folded), re.sub(r"[^a-z]", "", words))
    return list(dict.fromkeys(name for name in spellings if name))
