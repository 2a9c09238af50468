"""Harvest: bytes of the sources into records, every fault into a problem."""

from kg.harvest.files import InputFile, find_files
from kg.harvest.identifiers import find_pmids, find_publication_doi
from kg.harvest.read import read_file
from kg.harvest.slugs import link_target, page_id, page_slug, page_type

__all__ = [
    "InputFile",
    "find_files",
    "find_pmids",
    "find_publication_doi",
    "link_target",
    "page_id",
    "page_slug",
    "page_type",
    "read_file",
]
