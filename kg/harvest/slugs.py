"""Addresses of wiki pages: one slug for every way to write it.

``/datasets/x``, ``datasets-x``, ``[[datasets-x]]`` and ``../datasets/x.md`` are one page, ``wiki:datasets/x``.
"""

from __future__ import annotations

import posixpath
import re
from typing import Final
from urllib.parse import unquote

#: First part of a slug -> whether its pages are programs, archives, tools or methods (rule 4 of evidence).
PAGE_TYPES: Final[dict[str, bool]] = {
    "archives": True,
    "atlases": True,
    "benchmarks": True,
    "companies": True,
    "consortia": True,
    "databases": True,
    "datasets": True,
    "experiments": True,
    "funders": True,
    "institutions": True,
    "investigators": True,
    "methods": True,
    "organizations": True,
    "people": True,
    "programs": True,
    "projects": True,
    "protocols": True,
    "researchers": True,
    "resources": True,
    "software": True,
    "standards": True,
    "technologies": True,
    "tools": True,
    "anatomy": False,
    "biomarkers": False,
    "brain-regions": False,
    "cell-types": False,
    "cells": False,
    "circuits": False,
    "clinical-trials": False,
    "compounds": False,
    "concepts": False,
    "diseases": False,
    "drugs": False,
    "entities": False,
    "gaps": False,
    "genes": False,
    "genetics": False,
    "hypotheses": False,
    "ideas": False,
    "kinases": False,
    "mechanisms": False,
    "models": False,
    "molecules": False,
    "pathways": False,
    "phenotypes": False,
    "proteins": False,
    "receptors": False,
    "risk-factors": False,
    "species": False,
    "symptoms": False,
    "syndromes": False,
    "therapeutics": False,
    "therapies": False,
    "treatments": False,
}

_FLAT: Final = re.compile(rf"^({'|'.join(sorted(map(re.escape, PAGE_TYPES), key=len, reverse=True))})[-_](.+)$")
_SCHEME: Final = re.compile(r"^[a-z][a-z0-9+.-]*:", re.IGNORECASE)
_PART: Final = re.compile(r"^[^\W_][\w.'()+-]*$")
_NO_PAGE: Final = re.compile(r"\.(?:png|jpe?g|gif|svg|webp|pdf|csv|tsv|json|zip|xml|html?|css|js)$", re.IGNORECASE)


def page_slug(raw: str) -> str | None:
    """Give the slug that an address of a page means.

    Parameters
    ----------
    raw : str
        A slug, with or without the leading slash, ``wiki-`` or ``.md``; a path below the wiki's root.

    Returns
    -------
    str or None
        Lower case, '/' between its parts; None where the text can be no slug.

    Examples
    --------
    >>> page_slug("wiki-datasets-allen-openscope"), page_slug("/Mechanisms/synaptic-dysfunction/")
    ('datasets/allen-openscope', 'mechanisms/synaptic-dysfunction')
    >>> page_slug("cell-types-pvalb-interneurons"), page_slug("../secret") is None
    ('cell-types/pvalb-interneurons', True)
    """
    text = re.split(r"[?#]", raw.strip(), maxsplit=1)[0]
    text = re.sub(r"\s+", "-", unquote(text).strip().strip("/")).lower()
    text = re.sub(r"\.(?:md|markdown|txt)$", "", text)
    text = re.sub(r"^wiki(?:[:/]|-(?=[a-z]+-))", "", text).strip("/")
    if "/" not in text and (match := _FLAT.match(text)):
        text = f"{match[1]}/{match[2]}"
    parts = text.split("/")
    return text if len(text) <= 200 and all(_PART.match(part) for part in parts) else None


def slug_of_title(title: str) -> str | None:
    """Give the slug of a page that is known by its title, as MediaWiki's are.

    Examples
    --------
    >>> slug_of_title("Mechanisms/Tau & α-synuclein"), slug_of_title("Apoptosis: an overview")
    ('mechanisms/tau-α-synuclein', 'apoptosis-an-overview')
    """
    parts = (re.sub(r"[^\w.'()+]+", "-", part).strip("-_") for part in title.split("/"))
    return page_slug("/".join(part for part in parts if part))


def page_id(slug: str) -> str:
    """Give the id of the page with a slug.

    Examples
    --------
    >>> page_id("datasets/allen-openscope")
    'wiki:datasets/allen-openscope'
    """
    return f"wiki:{slug}"


def page_type(slug: str) -> str | None:
    """Give the first part of a slug, or None where it has only one."""
    head, slash, _ = slug.partition("/")
    return head if slash else None


def is_infrastructure(kind: str | None) -> bool:
    """Tell whether pages of a type are programs, archives, tools or methods."""
    return PAGE_TYPES.get(kind or "", False)


def is_file(address: str) -> bool:
    """Say whether an address is of a picture, a table or another file that is no page.

    Examples
    --------
    >>> is_file("/images/map.svg"), is_file("/diseases/epilepsy.md")
    (True, False)
    """
    return _NO_PAGE.search(address) is not None


def link_target(address: str, *, source: str | None = None) -> str | None:
    """Give what a link points at.

    Parameters
    ----------
    address : str
        As the page writes it.
    source : str, optional
        Slug of the page that the link is on, for addresses with '..' or '.md'.

    Returns
    -------
    str or None
        A page's id, else the address as written; None for a link within the page or to nowhere.

    Examples
    --------
    >>> link_target("/mechanisms/synaptic-dysfunction#models"), link_target("mechanisms/synaptic-dysfunction")
    ('wiki:mechanisms/synaptic-dysfunction', 'wiki:mechanisms/synaptic-dysfunction')
    >>> link_target("../genes/mapt.md", source="diseases/alzheimers"), link_target("#overview") is None
    ('wiki:genes/mapt', True)
    >>> link_target("https://brain-map.org/")
    'https://brain-map.org/'
    """
    text = address.strip()
    if not text or text.startswith("#"):
        return None
    bare = re.split(r"[?#]", text, maxsplit=1)[0]
    if (_SCHEME.match(text) and not text.startswith("wiki:")) or text.startswith("//") or is_file(bare):
        return text
    if not bare.startswith("/"):
        slug = page_slug(bare)
        if slug is not None and page_type(slug) in PAGE_TYPES:
            return page_id(slug)
        if source is None or not (bare.endswith((".md", ".markdown")) or bare.startswith(".")):
            return text
        bare = posixpath.normpath(posixpath.join(posixpath.dirname(source), bare))
    slug = page_slug(bare)
    return page_id(slug) if slug is not None and "/" in slug else text
