"""The settings tree: every table of ``kg.toml`` and what its settings mean."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from platformdirs import user_cache_path, user_data_path
from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from kg.config.harvest import HarvestConfig
from kg.config.section import PathList, Section

#: Names of `kg.model.Scope`, which lies above the settings.
ScopeName = Literal["label", "exact", "narrow", "broad", "related", "abbreviation", "adjective", "process"]


class SourceConfig(Section):
    """One source of records."""

    path: PathList = Field(description="A folder, file or glob, or a list of them; '.gz' is read as it is")


class SourcesConfig(Section):
    """Where the records are."""

    dandi: SourceConfig | None = Field(default=None, description="dandiset.yaml files or the archive's JSON")
    pubmed: SourceConfig | None = Field(default=None, description="PubMed XML or MEDLINE files")
    wiki: SourceConfig | None = Field(
        default=None, description="Markdown pages, with refs_json in front matter or beside"
    )


class BuildConfig(Section):
    """Where builds go and how they are made."""

    out: Path = Field(
        default=Path("builds"), description="Folder of builds; 'current' in it points at the newest good one"
    )
    processes: int = Field(
        default=0,
        ge=0,
        description="Worker processes; 0 means one a core. The result is the same for any number",
    )
    keep: int = Field(default=5, ge=1, description="How many builds to keep")


class VocabularyConfig(Section):
    """Which vocabularies the linker knows."""

    paths: PathList = Field(default=(), description="More vocabularies: OBO, OWL functional syntax or SSSOM files")
    curated: Path | None = Field(
        default=None,
        description="Folder of curated terms in place of the package's; stop surfaces and relation words stay",
    )
    sources: Path | None = Field(default=None, description="sources.toml in place of the package's")


class LinkConfig(Section):
    """How text is linked."""

    scopes: tuple[ScopeName, ...] = Field(
        default=("label", "exact", "abbreviation", "adjective", "process"),
        description="Synonym scopes to match: label, exact, narrow, broad, related, abbreviation, adjective, process",
    )
    minimum_score: float = Field(default=0.5, ge=0, le=1, description="Mentions below this score are dropped")


class GatesConfig(Section):
    """What a build must keep to be published: how much of the current one it may lose."""

    drop: float = Field(
        default=0.2, ge=0, le=1, description="Largest share lost of a source, label, relationship type or dataset"
    )
    drop_at_least: int = Field(
        default=5, ge=0, description="Losses of no more than this many never count; but a source that is gone does"
    )
    nodes_without_identifier: int = Field(default=0, ge=0, description="Most nodes without an identifier")
    edges_without_evidence: int = Field(default=0, ge=0, description="Most edges without evidence")
    more_rule_breaks: int = Field(default=0, ge=0, description="Most new breaks of the four rules of evidence")
    score_drop: float = Field(default=0.0, ge=0, le=1, description="Most that a score on the bundled gold may lose")
    unlinked_phrases: int = Field(default=25, ge=0, description="Frequent phrases without a term to report; no gate")


class NightlyConfig(Section):
    """What ``kg nightly`` does beside building and publishing."""

    pages: PathList = Field(default=(), description="Wiki pages, or folders of them, whose diagrams are updated")
    pages_to: Path | None = Field(
        default=None, description="Folder for changed pages and a manifest; the pages themselves are left alone"
    )
    neo4j: bool = Field(default=False, description="Publish to the server of [neo4j], too")
    keep_runs: int = Field(default=90, ge=1, description="How many runs' records and reports to keep")


class QueryConfig(Section):
    """How queries are run."""

    timeout_s: float = Field(default=30.0, gt=0, description="Longest time for one query, in seconds")
    row_limit: int = Field(default=10_000, ge=1, description="Most rows that one query prints")


class WikiLintConfig(Section):
    """Which findings 'kg wiki lint' reports, and how grave they are."""

    select: tuple[str, ...] = Field(default=("KGW",), description="Rules to report: codes, or beginnings of codes")
    ignore: tuple[str, ...] = Field(default=(), description="Rules to leave out of these")
    severity: dict[str, Literal["error", "warning", "note"]] = Field(
        default={}, description="How grave a rule's findings are, by its code, where not as documented"
    )


class WikiConfig(Section):
    """How pages are addressed, checked and drawn on."""

    base_url: str | None = Field(
        default=None, description="Address that '/mechanisms/x' hangs from, for links in diagrams"
    )
    places: dict[str, tuple[str, ...]] = Field(
        default={},
        description="Type of page -> headings, as 'cell-biology', of which the first that a page has is followed by "
        "its diagram, where it has no heading for one; before the built-in ones",
    )
    lint: WikiLintConfig = WikiLintConfig()


class Neo4jConfig(Section):
    """The Neo4j server that builds are published to."""

    uri: str | None = Field(
        default=None,
        description="Address, such as 'neo4j://graph.example.org'; without it, the server of 'kg neo4j start'",
    )
    database: str = Field(default="neo4j", min_length=1, description="Name of the database")
    user: str = Field(default="neo4j", min_length=1, description="Who publishes; the password is no setting")
    batch_rows: int = Field(default=5000, ge=1, description="Most rows of one transaction of a large difference")
    small_rows: int = Field(
        default=20_000,
        ge=0,
        description="A difference of up to so many rows goes in one transaction, which readers see whole",
    )
    home: Path = Field(
        default_factory=lambda: user_data_path("neurokg") / "neo4j",
        description="Folder of the local server: its data, settings, logs and password",
    )
    port: int | None = Field(
        default=None, ge=1, le=65535, description="Bolt port of the local server; without it, 7687 or the next free one"
    )
    heap: str = Field(default="1g", pattern=r"^[1-9]\d*[mg]$", description="Heap of the local server")
    page_cache: str = Field(default="512m", pattern=r"^[1-9]\d*[mg]$", description="Page cache of the local server")


class KgConfig(BaseSettings):
    """Every setting of kg."""

    model_config = SettingsConfigDict(env_prefix="KG_", env_nested_delimiter="__", extra="forbid", frozen=True)

    sources: SourcesConfig = SourcesConfig()
    build: BuildConfig = BuildConfig()
    vocabularies: VocabularyConfig = VocabularyConfig()
    link: LinkConfig = LinkConfig()
    gates: GatesConfig = GatesConfig()
    nightly: NightlyConfig = NightlyConfig()
    query: QueryConfig = QueryConfig()
    wiki: WikiConfig = WikiConfig()
    neo4j: Neo4jConfig = Neo4jConfig()
    harvest: HarvestConfig = HarvestConfig()
    cache_dir: Path = Field(
        default_factory=lambda: user_cache_path("neurokg"),
        description="Compiled vocabularies and embedded stores; safe to delete",
    )
