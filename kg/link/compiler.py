"""From the names of terms to the surfaces that texts are searched for.

Names are written in other ways by rule, those that can't be one are left out, and of two ways to the
same meaning the better is kept.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from typing import Final

from kg.link.entries import Case, Entry, Row, case_policy
from kg.link.tokens import key_of
from kg.link.variants import variants_of
from kg.model.term import Category, Scope

#: Scopes from the surest.
_ORDER: Final = tuple(Scope)


def _is_usable(key: str, text: str, case: Case) -> bool:
    compact = key.replace(" ", "")
    if not any(c.isalpha() for c in compact):
        return False
    if len(compact) >= 3:
        return True
    # "V1" and "DG" are names; "in" and "a" are not, nor is a single letter.
    return len(compact) == 2 and case is Case.SAME


def compile_entries(
    rows: Iterable[Row], *, scopes: Collection[Scope], stop: Collection[tuple[str, Category | None]] = ()
) -> dict[str, list[Entry]]:
    """Expand rows to the surfaces that texts are searched for.

    Parameters
    ----------
    rows : iterable of Row
        Names of terms.
    scopes : collection of Scope
        Scopes to keep.
    stop : collection of (str, Category or None)
        Keys (as ``key_of`` gives them) that are never a name, in one category or in all.

    Returns
    -------
    dict of str to list of Entry
        Entries by key, keys sorted; of two ways to the same meaning the better is kept.
    """
    wanted, stopped = frozenset(scopes), frozenset(stop)
    rows = list(rows)
    found: dict[str, dict[tuple[str, Case], Entry]] = defaultdict(dict)
    acronyms: set[tuple[str, str]] = set()
    words = _label_words(rows)
    labels = {row.curie: row.text for row in rows if row.scope is Scope.LABEL}
    spare = []
    for row in rows:
        if row.scope not in wanted:
            spare.append(row)
            continue
        if row.scope is Scope.EXACT and _is_lowered(row.text, row.category, labels.get(row.curie, "")):
            row = row._replace(text=row.text.upper())
        for text, rule, weight in variants_of(row.text, row.category, row.scope):
            if rule in _PROCESS_RULES and row.curie.startswith(_CURATED):
                continue
            key = key_of(text)
            case = Case.SAME if row.scope is Scope.ABBREVIATION else case_policy(text)
            if row.scope is Scope.ABBREVIATION and text.islower() and text.isalpha():
                continue  # an atlas's "its" and "per" are words elsewhere
            if not _is_usable(key, text, case) or (key, None) in stopped or (key, row.category) in stopped:
                continue
            if case is Case.SAME:
                acronyms.add((row.curie, key))
            _keep(found, key, Entry(row.curie, row.category, row.scope, case, text, row.taxa, rule, weight))
    _add_shortened(found, spare, words, stopped)
    return {key: _without_organs(_without_twins(key, found[key], acronyms)) for key in sorted(found)}


def _without_organs(entries: list[Entry]) -> list[Entry]:
    """Leave a disease out that goes by the bare name of an organ: the pituitary is no neoplasm."""
    if not any(entry.category is Category.REGION and entry.case is not Case.SAME for entry in entries):
        return entries
    return [entry for entry in entries if entry.category is not Category.DISEASE or entry.case is Case.SAME]


#: Rules for GO's names of processes. Our own mechanisms are named in full in every way that papers name them, and
#: less of such a name is another thing: "lesion" for "DNA lesion", "dysregulation" for "RNA dysregulation".
_PROCESS_RULES: Final = frozenset({"participant dropped", "verb", "comma", "pathway"})
_CURATED: Final = "mechanism:"


def _is_lowered(text: str, category: Category, label: str) -> bool:
    """Say whether a short word is an acronym of its term that a source has in lower case: "caps", "chi".

    Of a disease's short names, a word that its label doesn't have is a symbol, mostly its gene's: "apc", "face".
    """
    if not (2 <= len(text) <= 6 and text.islower() and text.isalpha()) or text in label.lower():
        return False
    if category is Category.DISEASE and len(text) <= 4:
        return True
    return len(label.split()) > 1 and _runs_through(text, label.lower())


def _runs_through(short: str, label: str) -> bool:
    """Say whether the letters stand in a label in order, the first two at the beginning of words."""
    first, second, rest = short[0], short[1], short[2:]
    return re.search(rf"\b{first}.*?\b{second}" + "".join(f".*?{letter}" for letter in rest), label) is not None


def _keep(found: dict[str, dict[tuple[str, Case], Entry]], key: str, entry: Entry) -> None:
    rivals = found[key]
    known = rivals.get((entry.curie, entry.case))
    if known is None:
        rivals[entry.curie, entry.case] = entry
        return
    # A name that one source has for all species holds for all, whatever an atlas of one species says.
    taxa = tuple(sorted({*known.taxa, *entry.taxa})) if known.taxa and entry.taxa else ()
    rivals[entry.curie, entry.case] = min(known, entry, key=_preference)._replace(taxa=taxa)


def _without_twins(key: str, rivals: dict[tuple[str, Case], Entry], acronyms: set[tuple[str, str]]) -> list[Entry]:
    """Sort the meanings of a key; an acronym's twin in lower case ("RICH", "rich") is an accident of a file."""
    return sorted(
        (e for e in rivals.values() if e.case is Case.SAME or e.scope is Scope.LABEL or (e.curie, key) not in acronyms),
        key=_preference,
    )


def _label_words(rows: Iterable[Row]) -> dict[str, list[str]]:
    return {row.curie: key_of(row.text).split() for row in rows if row.scope is Scope.LABEL}


def _shortens(key: str, label: Sequence[str]) -> bool:
    """Say whether a name has only words of a label, its head among them."""
    before_of = label[: label.index("of")] if "of" in label[1:] else label
    return len(key.split()) > 1 and bool(before_of) and before_of[-1] in key.split() and set(key.split()) <= set(label)


def _add_shortened(
    found: dict[str, dict[tuple[str, Case], Entry]],
    spare: Iterable[Row],
    words: dict[str, list[str]],
    stopped: Collection[tuple[str, Category | None]],
) -> None:
    """Take wider synonyms that only shorten their term's label, where one term alone has them.

    "outer nuclear layer" is a broad synonym of "outer nuclear layer of retina" and says it; "in" and
    "role" are related synonyms that share no word with their terms.
    """
    short: dict[str, list[Row]] = defaultdict(list)
    for row in spare:
        key = key_of(row.text)
        if key not in found and _shortens(key, words.get(row.curie, [])):
            short[key].append(row)
    for key, group in short.items():
        row = group[0]
        case = case_policy(row.text)
        if len({other.curie for other in group}) > 1 or not _is_usable(key, row.text, case):
            continue
        if (key, None) in stopped or (key, row.category) in stopped:
            continue
        _keep(found, key, Entry(row.curie, row.category, row.scope, case, row.text, row.taxa, "shortened", 1.0))


def _preference(entry: Entry) -> tuple[float, int, str, str]:
    return (-entry.weight, _ORDER.index(entry.scope), entry.curie, entry.surface)
