"""The harvesters that the settings name, each with its credentials from the environment."""

from __future__ import annotations

from collections.abc import Callable, Collection
from pathlib import Path
from typing import Final

from kg.config import DandiHarvestConfig, KgConfig, PubmedHarvestConfig, dandi_token, ncbi_api_key, wiki_token
from kg.errors import ConfigError
from kg.harvest.live.clock import Clock
from kg.harvest.live.harvester import Harvester
from kg.model import Source


def _dandi(config: KgConfig, slots: Path, clock: Clock | None) -> Harvester:
    from kg.harvest.live.dandi import DandiHarvester

    return DandiHarvester(config.harvest, slots=slots, token=dandi_token(), clock=clock)


def _pubmed(config: KgConfig, slots: Path, clock: Clock | None) -> Harvester:
    from kg.harvest.live.pubmed import PubmedHarvester

    return PubmedHarvester(config.harvest, slots=slots, token=ncbi_api_key(), clock=clock)


def _wiki(config: KgConfig, slots: Path, clock: Clock | None) -> Harvester:
    from kg.harvest.live.wiki import WikiHarvester

    return WikiHarvester(config.harvest, slots=slots, token=wiki_token(), clock=clock)


#: How each source's harvester is made. Dandisets and pages come first: articles are harvested that they name.
_MAKERS: Final[dict[Source, Callable[[KgConfig, Path, Clock | None], Harvester]]] = {
    Source.DANDI: _dandi,
    Source.WIKI: _wiki,
    Source.PUBMED: _pubmed,
}
#: Settings of a source whose table is empty.
_DEFAULTS: Final[dict[Source, Callable[[], object]]] = {
    Source.DANDI: DandiHarvestConfig,
    Source.PUBMED: PubmedHarvestConfig,
}


def make_harvesters(
    config: KgConfig,
    names: Collection[str] | None = None,
    *,
    with_defaults: bool = False,
    clock: Clock | None = None,
) -> list[Harvester]:
    """Make the harvesters of the live sources.

    Parameters
    ----------
    config : KgConfig
        A source is live if it has a table under ``[harvest]``.
    names : collection of str, optional
        Only these.
    with_defaults : bool
        Take sources that have no table as if it were empty: for a plan.
    clock : Clock, optional
        Time.

    Raises
    ------
    ConfigError
        If no source is live, or one of the names isn't.
    """
    asked = list(names or [])
    live = [source for source in _MAKERS if getattr(config.harvest, source.value) is not None]
    if with_defaults and not (live and set(asked) <= {source.value for source in live}):
        added = {source.value: make() for source, make in _DEFAULTS.items() if source not in live}
        config = config.model_copy(update={"harvest": config.harvest.model_copy(update=added)})
        live = [source for source in _MAKERS if source in live or source in _DEFAULTS]
    if unknown := sorted(set(asked) - {source.value for source in live}):
        known = ", ".join(source.value for source in live) or "none"
        tables = sorted({source.value for source in _MAKERS} & {*unknown})
        raise ConfigError(
            f"{', '.join(unknown)}: there is no such live source; these are: {known}",
            "kg.toml: harvest",
            f"add a table [harvest.{tables[0]}], or name another source"
            if tables
            else f"sources that can be harvested are: {', '.join(sorted(source.value for source in _MAKERS))}",
        )
    if not live:
        raise ConfigError("no live source is configured", "kg.toml: harvest", "add a table [harvest.dandi]")
    chosen = [source for source in live if not asked or source.value in asked]
    slots = config.cache_dir / "slots"
    return [_MAKERS[source](config, slots, clock) for source in chosen]
