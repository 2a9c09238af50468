"""Settings of the live sources: the tables below ``[harvest]``."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field

from kg.config.section import PathList, Section


class DandiHarvestConfig(Section):
    """A DANDI archive; its token, where it needs one, is the environment's KG_DANDI_TOKEN."""

    url: str = Field(default="https://api.dandiarchive.org/api", description="Address of the archive's API")
    versions: tuple[Literal["draft", "published"], ...] = Field(
        default=("draft", "published"), description="Which versions: draft, published (the most recent one), or both"
    )
    assets: bool = Field(default=False, description="Also read the listing of each version's assets, and sum it up")
    rate_per_s: float = Field(default=5.0, ge=0, description="Most requests a second; 0 lifts the limit")
    page_size: int = Field(default=100, ge=1, le=1000, description="Dandisets or assets on a page of a listing")
    full_every_days: float = Field(
        default=7.0, ge=0, description="So often the whole listing is read, not only what changed lately; 0: each time"
    )


class PubmedHarvestConfig(Section):
    """PubMed; its API key, where there is one, is the environment's KG_NCBI_API_KEY."""

    url: str = Field(
        default="https://eutils.ncbi.nlm.nih.gov/entrez/eutils/",
        description="Address of E-utilities; an empty one leaves them out and reads the mirror alone",
    )
    tool: str = Field(default="neurokg", description="Name under which NCBI knows the program")
    ids: tuple[str | int, ...] = Field(default=(), description="PMIDs and DOIs to harvest")
    id_files: PathList = Field(default=(), description="Text files with a PMID or a DOI on each line")
    named_by: tuple[Literal["dandi", "wiki"], ...] = Field(
        default=("dandi", "wiki"),
        description="Also harvest the articles that the store's dandisets and wiki pages name",
    )
    queries: tuple[str, ...] = Field(default=(), description="Queries in PubMed's language")
    topics: tuple[str, ...] = Field(default=(), description="Each topic is asked with each disease, as one query")
    diseases: tuple[str, ...] = Field(default=(), description="See topics")
    rate_per_s: float | None = Field(
        default=None, ge=0, description="Most requests a second; 0 lifts the limit. Without it 2.7, and 9 with a key"
    )
    batch: int = Field(default=200, ge=1, le=500, description="Records of one request")
    refresh_days: int = Field(
        default=90, ge=1, description="Every record is fetched again within so many days, and each query listed anew"
    )
    absent_days: int = Field(
        default=30, ge=1, description="How long it is believed that a PMID or DOI is not in PubMed"
    )
    mirror: str | None = Field(
        default=None, description="Folder or address of PubMed's baseline and update files, *.xml.gz with *.md5"
    )
    mirror_records: Literal["wanted", "all"] = Field(
        default="wanted", description="Which records of the mirror: those named by ids or held already, or all"
    )


class WikiHarvestConfig(Section):
    """A wiki; its token, where it needs one, is the environment's KG_WIKI_TOKEN."""

    kind: Literal["folder", "scidex", "mediawiki"] = Field(
        default="scidex", description="A folder or git checkout of Markdown, a wiki's JSON API, or MediaWiki's api.php"
    )
    url: str = Field(description="Folder, or address of the API: https://…/api/scidex, https://…/w/api.php")
    page_types: tuple[str, ...] = Field(
        default=(), description="Only pages of these types (datasets, mechanisms, …), or MediaWiki categories"
    )
    limit: int | None = Field(default=None, ge=1, description="Most pages of the wiki")
    rate_per_s: float = Field(default=2.0, ge=0, description="Most requests a second; 0 lifts the limit")
    page_size: int = Field(default=50, ge=1, le=500, description="Pages of one listing or request")


class HarvestConfig(Section):
    """How the live sources are harvested, and where their records are kept."""

    store: Path = Field(default=Path("store"), description="Folder of the record store")
    contact: str | None = Field(default=None, description="E-mail address that servers' owners can write to")
    timeout_s: float = Field(default=30.0, gt=0, description="Longest silence of a server, in seconds")
    deadline_s: float = Field(default=300.0, gt=0, description="Longest time of one request, in seconds")
    tries: int = Field(default=5, ge=1, description="How often a request is made before it is given up")
    backoff_s: float = Field(default=1.0, ge=0, description="Longest wait before the second try; doubles with each")
    backoff_max_s: float = Field(default=60.0, ge=0, description="Longest wait between two tries")
    patience_s: float = Field(default=600.0, ge=0, description="Longest pause that a server may ask for")
    give_up_after: int = Field(default=5, ge=1, description="Requests given up in a row that end a source's run")
    max_bytes: int = Field(default=128 * 2**20, ge=1024, description="Most bytes of an answer, when decompressed")
    dandi: DandiHarvestConfig | None = Field(default=None, description="A DANDI archive; a table makes it a source")
    pubmed: PubmedHarvestConfig | None = Field(default=None, description="PubMed; a table makes it a source")
    wiki: WikiHarvestConfig | None = Field(default=None, description="A wiki; a table makes it a source")
