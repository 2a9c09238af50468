"""Run PubMed's harvester against a fake one, as `kg harvest pubmed` does."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from kg.config import HarvestConfig, PubmedHarvestConfig
from kg.harvest.live.entrez_answers import split_records
from kg.harvest.live.harvester import SourceSummary
from kg.harvest.live.pubmed import PubmedHarvester
from kg.harvest.live.run import run_harvest
from kg.harvest.live.store import RecordStore
from tests.harvest.live.synthetic import Article, article_set

#: The day on which tests begin.
START_S = 1_800_000_000.0


class FakeClock:
    """Time that passes only when somebody waits."""

    def __init__(self, start_s: float = START_S) -> None:
        self.time_s = start_s

    def now(self) -> float:
        return self.time_s

    def sleep(self, seconds: float) -> None:
        self.time_s += seconds

    def pass_days(self, days: float) -> None:
        self.time_s += days * 86_400


class PubmedBench:
    """A store, a clock and settings; each `run` is one run of the harvester."""

    def __init__(
        self, folder: Path, url: str, *, core: Mapping[str, Any] | None = None, **settings: Any
    ) -> None:
        self.folder, self.clock, self.key = folder, FakeClock(), None
        self.url = f"{url}/entrez/eutils/" if url else ""
        self._core = {
            "contact": "tests@example.org",
            "timeout_s": 0.5,
            "deadline_s": 1.0,
            "tries": 4,
            **(core or {}),
        }
        self.settings = {"rate_per_s": 0, **settings}

    def config(self) -> HarvestConfig:
        pubmed = PubmedHarvestConfig(url=self.url, **self.settings)
        return HarvestConfig(store=self.folder / "store", pubmed=pubmed, **self._core)

    def run(
        self, *, since: str | None = None, limit: int | None = None, refresh: bool = False
    ) -> SourceSummary:
        """Run the harvester, as `kg harvest` does."""
        config = self.config()
        harvester = PubmedHarvester(config, slots=self.folder / "slots", token=self.key, clock=self.clock)
        self.report = run_harvest(
            config, [harvester], since=since, limit=limit, refresh=refresh, clock=self.clock
        )
        return self.report.sources[0].summary

    def stored(self) -> dict[int, bytes]:
        """Give what the store holds."""
        with RecordStore.open(self.folder / "store", write=False) as store:
            return {int(item.key): item.read() for item in store.current("pubmed")}

    def failed(self) -> set[int]:
        """Give what the store says couldn't be had."""
        with RecordStore.open(self.folder / "store", write=False) as store:
            return {int(item.key) for item in store.failed("pubmed")}


def truth(articles: list[Article]) -> dict[int, bytes]:
    """Give the payloads that a store of these articles has."""
    return {record.pmid: record.payload for record in split_records(article_set(articles).encode())}
