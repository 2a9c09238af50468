"""Settings: one tree, read once from ``kg.toml`` and the environment, handed down in parts.

Precedence, highest first: arguments, environment variables (``KG_BUILD__OUT=…``), ``kg.toml``,
defaults. Paths in ``kg.toml`` are relative to that file. Nothing else in the package reads the
environment.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

from platformdirs import user_cache_path, user_data_path
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic_settings import (
    BaseSettings,
    InitSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
)

from kg.errors import ConfigError

#: Name of the settings file that is looked for in the working directory.
CONFIG_NAME = "kg.toml"


def _as_list(value: object) -> object:
    if isinstance(value, str | Path):
        return (str(value),)
    if isinstance(value, list | tuple) and all(isinstance(item, str | Path) for item in value):
        return tuple(str(item) for item in value)
    raise ValueError("give a path, or a list of paths")


#: Names of `kg.model.Scope`, which lies above the settings.
ScopeName = Literal["label", "exact", "narrow", "broad", "related", "abbreviation", "adjective", "process"]

PathList = Annotated[tuple[str, ...], BeforeValidator(_as_list)]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class SourceConfig(_Section):
    """One source of records."""

    path: PathList = Field(description="A folder, file or glob, or a list of them; '.gz' is read as it is")


class SourcesConfig(_Section):
    """Where the records are."""

    dandi: SourceConfig | None = Field(default=None, description="dandiset.yaml files or the archive's JSON")
    pubmed: SourceConfig | None = Field(default=None, description="PubMed XML or MEDLINE files")
    wiki: SourceConfig | None = Field(
        default=None, description="Markdown pages, with refs_json in front matter or beside"
    )


class BuildConfig(_Section):
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


class VocabularyConfig(_Section):
    """Which vocabularies the linker knows."""

    paths: PathList = Field(default=(), description="More vocabularies: OBO, OWL functional syntax or SSSOM files")
    curated: Path | None = Field(
        default=None,
        description="Folder of curated terms in place of the package's; stop surfaces and relation words stay",
    )
    sources: Path | None = Field(default=None, description="sources.toml in place of the package's")


class LinkConfig(_Section):
    """How text is linked."""

    scopes: tuple[ScopeName, ...] = Field(
        default=("label", "exact", "abbreviation", "adjective", "process"),
        description="Synonym scopes to match: label, exact, narrow, broad, related, abbreviation, adjective, process",
    )
    minimum_score: float = Field(default=0.5, ge=0, le=1, description="Mentions below this score are dropped")


class GatesConfig(_Section):
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


class NightlyConfig(_Section):
    """What ``kg nightly`` does beside building and publishing."""

    pages: PathList = Field(default=(), description="Wiki pages, or folders of them, whose diagrams are updated")
    pages_to: Path | None = Field(
        default=None, description="Folder for changed pages and a manifest; the pages themselves are left alone"
    )
    neo4j: bool = Field(default=False, description="Publish to the server of [neo4j], too")
    keep_runs: int = Field(default=90, ge=1, description="How many runs' records and reports to keep")


class QueryConfig(_Section):
    """How queries are run."""

    timeout_s: float = Field(default=30.0, gt=0, description="Longest time for one query, in seconds")
    row_limit: int = Field(default=10_000, ge=1, description="Most rows that one query prints")


class WikiLintConfig(_Section):
    """Which findings 'kg wiki lint' reports, and how grave they are."""

    select: tuple[str, ...] = Field(default=("KGW",), description="Rules to report: codes, or beginnings of codes")
    ignore: tuple[str, ...] = Field(default=(), description="Rules to leave out of these")
    severity: dict[str, Literal["error", "warning", "note"]] = Field(
        default={}, description="How grave a rule's findings are, by its code, where not as documented"
    )


class WikiConfig(_Section):
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


class Neo4jConfig(_Section):
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


def neo4j_password(environ: Mapping[str, str] = os.environ) -> str | None:
    """Give the password of the Neo4j server, which is in the environment alone: settings files are shared."""
    return environ.get("KG_NEO4J_PASSWORD") or environ.get("NEO4J_PASSWORD") or None


def dandi_token(environ: Mapping[str, str] = os.environ) -> str | None:
    """Give the token of the DANDI archive, where it needs one; it is in the environment alone."""
    return environ.get("KG_DANDI_TOKEN") or None


def ncbi_api_key(environ: Mapping[str, str] = os.environ) -> str | None:
    """Give the key that NCBI allows ten requests a second with; it is in the environment alone."""
    return environ.get("KG_NCBI_API_KEY") or None


def wiki_token(environ: Mapping[str, str] = os.environ) -> str | None:
    """Give the token of the wiki's API, where it needs one; it is in the environment alone."""
    return environ.get("KG_WIKI_TOKEN") or None


class DandiHarvestConfig(_Section):
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


class PubmedHarvestConfig(_Section):
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


class WikiHarvestConfig(_Section):
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


class HarvestConfig(_Section):
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


class _FileConfig(KgConfig):
    """Settings with a file below the environment."""

    #: What the file holds, by the time that settings are made of it.
    file_values: ClassVar[dict[str, Any]] = {}

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Put the file below the environment."""
        return init_settings, env_settings, InitSettingsSource(settings_cls, cls.file_values)


def _read(values: dict[str, Any]) -> KgConfig:
    merged = type("KgConfig", (_FileConfig,), {"file_values": values, "__module__": __name__})()
    return KgConfig(**dict(merged))


def load_config(path: Path | None = None) -> KgConfig:
    """Read the settings.

    Parameters
    ----------
    path : Path, optional
        Settings file. Without one, ``kg.toml`` of the working directory if it is there, else the
        bundled sample's.

    Returns
    -------
    KgConfig
        With every path absolute.

    Raises
    ------
    ConfigError
        Naming the file and the key, if the file is absent, is no TOML, or a setting can't be used.
    """
    file = path or Path(CONFIG_NAME)
    if not file.is_file():
        if path is not None:
            raise ConfigError(
                "there is no such settings file",
                str(path),
                "give an existing file with --config, or leave it out",
            )
        file = sample_dir() / CONFIG_NAME
        anchor_out = Path.cwd()
    else:
        anchor_out = file.resolve().parent
    try:
        raw = tomllib.loads(file.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"not valid TOML: {error}", str(file), "see docs/configuration.md for an example") from error
    try:
        config = _read(_anchored(raw, file.resolve().parent, anchor_out))
    except ValidationError as error:
        raise _config_error(error, file) from error
    except SettingsError as error:
        raise ConfigError(
            f"a setting can't be read: {error}",
            "the environment",
            "write lists as JSON: KG_SOURCES__WIKI__PATH='[\"wiki\"]'",
        ) from error
    return _absolute(config)


def _config_error(error: ValidationError, file: Path) -> ConfigError:
    # A misspelt name is two errors, the setting that is missing and the one that isn't known: the latter says more.
    first = min(error.errors(), key=lambda found: found["type"] != "extra_forbidden")
    key = ".".join(str(part) for part in first["loc"])
    variable = "KG_" + "__".join(str(part) for part in first["loc"] if isinstance(part, str)).upper()
    where = f"the environment: {variable}" if variable in os.environ else f"{file}: {key}"
    rest = f" (and {error.error_count() - 1} more)" if error.error_count() > 1 else ""
    if first["type"] == "extra_forbidden":
        what, mend = f"there is no such setting{rest}", f"the settings here are: {', '.join(_siblings(first['loc']))}"
    elif first["type"] == "missing":
        what, mend = f"the setting is missing{rest}", "see docs/configuration.md"
    else:
        said = first["msg"].removeprefix("Value error, ")
        what, mend = f"{said[:1].lower()}{said[1:]}, not {first['input']!r}{rest}", "see docs/configuration.md"
    return ConfigError(what, where, mend, key=key)


def _siblings(location: tuple[int | str, ...]) -> list[str]:
    model: type[BaseModel] = KgConfig
    for part in location[:-1]:
        field = model.model_fields.get(str(part))
        if field is None:
            break
        annotation = field.annotation
        for candidate in (annotation, *getattr(annotation, "__args__", ())):
            if isinstance(candidate, type) and issubclass(candidate, BaseModel):
                model = candidate
                break
    return sorted(model.model_fields)


def _anchored(raw: dict[str, Any], anchor: Path, anchor_out: Path) -> dict[str, Any]:
    """Make a file's paths absolute: relative to the file, but a sample's builds go to the working directory."""

    def under(folder: Path, value: object) -> object:
        if isinstance(value, str):
            return str(folder / Path(value).expanduser())
        return [under(folder, item) for item in value] if isinstance(value, list) else value

    anchored = {name: dict(section) if isinstance(section, dict) else section for name, section in raw.items()}
    path_settings = {
        "vocabularies": ("paths", "curated", "sources"),
        "build": ("out",),
        "harvest": ("store",),
        "neo4j": ("home",),
        "nightly": ("pages", "pages_to"),
    }
    for section, keys in path_settings.items():
        table = anchored.get(section)
        if not isinstance(table, dict):
            continue  # validation says what is wrong with it
        for key in keys:
            if key in table:
                table[key] = under(anchor_out if key in ("out", "store") else anchor, table[key])
    if isinstance(sources := anchored.get("sources"), dict):
        for name, source in sources.items():
            if isinstance(source, dict) and "path" in source:
                sources[name] = {**source, "path": under(anchor, source["path"])}
    if isinstance(harvest := anchored.get("harvest"), dict):
        for name, keys in (("pubmed", ("id_files", "mirror")), ("wiki", ("url",))):
            if isinstance(source := harvest.get(name), dict):
                local = {key: source[key] for key in keys if key in source and "://" not in str(source[key])}
                harvest[name] = {**source, **{key: under(anchor, value) for key, value in local.items()}}
    if "cache_dir" in anchored:
        anchored["cache_dir"] = under(anchor, anchored["cache_dir"])
    return anchored


def _absolute(config: KgConfig) -> KgConfig:
    """Make what is still relative, from the environment or a default, relative to the working directory."""

    def source(found: SourceConfig | None) -> SourceConfig | None:
        return found and SourceConfig(path=tuple(str(_full(path)) for path in found.path))

    sources, vocabularies = config.sources, config.vocabularies
    return config.model_copy(
        update={
            "sources": SourcesConfig(
                dandi=source(sources.dandi), pubmed=source(sources.pubmed), wiki=source(sources.wiki)
            ),
            "build": config.build.model_copy(update={"out": _full(config.build.out)}),
            "harvest": config.harvest.model_copy(update={"store": _full(config.harvest.store)}),
            "vocabularies": VocabularyConfig(
                paths=tuple(str(_full(path)) for path in vocabularies.paths),
                curated=vocabularies.curated and _full(vocabularies.curated),
                sources=vocabularies.sources and _full(vocabularies.sources),
            ),
            "neo4j": config.neo4j.model_copy(update={"home": _full(config.neo4j.home)}),
            "nightly": config.nightly.model_copy(
                update={
                    "pages": tuple(str(_full(path)) for path in config.nightly.pages),
                    "pages_to": config.nightly.pages_to and _full(config.nightly.pages_to),
                }
            ),
            "cache_dir": _full(config.cache_dir),
        }
    )


def _full(path: str | Path) -> Path:
    return Path.cwd() / Path(path).expanduser()


@cache
def _resource_dir(installed: str, in_tree: str) -> Path:
    package = Path(str(files("kg")))
    for folder in (package / installed, package.parent / in_tree):
        if folder.is_dir():
            return folder
    raise ConfigError(f"the package's folder {in_tree!r} is missing", str(package), "install the package again")


def curated_dir() -> Path:
    """Folder of the curated vocabularies and tables that come with the package."""
    return _resource_dir("_ontologies", "ontologies")


def sample_dir() -> Path:
    """Folder of the sample that comes with the package, with its ``kg.toml``."""
    return _resource_dir("_data", "data")
