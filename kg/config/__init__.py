"""Settings: one tree, read once from ``kg.toml`` and the environment, handed down in parts.

Precedence, highest first: arguments, environment variables (``KG_BUILD__OUT=…``), ``kg.toml``,
defaults. Paths in ``kg.toml`` are relative to that file. Nothing else in the package reads the
environment.
"""

from kg.config.credentials import dandi_token, ncbi_api_key, neo4j_password, neo4j_password_variable, wiki_token
from kg.config.folders import curated_dir, sample_dir
from kg.config.harvest import DandiHarvestConfig, HarvestConfig, PubmedHarvestConfig, WikiHarvestConfig
from kg.config.reading import CONFIG_NAME, load_config
from kg.config.settings import (
    BuildConfig,
    GatesConfig,
    KgConfig,
    LinkConfig,
    Neo4jConfig,
    NightlyConfig,
    QueryConfig,
    SourceConfig,
    SourcesConfig,
    VocabularyConfig,
    WikiConfig,
    WikiLintConfig,
)

__all__ = [
    "CONFIG_NAME",
    "BuildConfig",
    "DandiHarvestConfig",
    "GatesConfig",
    "HarvestConfig",
    "KgConfig",
    "LinkConfig",
    "Neo4jConfig",
    "NightlyConfig",
    "PubmedHarvestConfig",
    "QueryConfig",
    "SourceConfig",
    "SourcesConfig",
    "VocabularyConfig",
    "WikiConfig",
    "WikiHarvestConfig",
    "WikiLintConfig",
    "curated_dir",
    "dandi_token",
    "load_config",
    "ncbi_api_key",
    "neo4j_password",
    "neo4j_password_variable",
    "sample_dir",
    "wiki_token",
]
