"""A clock that nobody waits for, and what a harvest of a fake archive needs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from kg.config import DandiHarvestConfig, HarvestConfig
from kg.harvest.live.dandi import DandiHarvester
from kg.harvest.live.run import RunReport, run_harvest
from tests.harvest.live.clocks import FakeClock
from tests.harvest.live.switchboard import Switchboard

#: A harvest of the archive behind a switchboard, in a store.
HarvestDandi = Callable[..., RunReport]


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def harvest_dandi(tmp_path: Path, clock: FakeClock) -> HarvestDandi:
    """Harvest an archive; the same store each time unless another is named."""

    def run(
        board: Switchboard,
        *,
        store: str = "store",
        token: str | None = None,
        since: str | None = None,
        limit: int | None = None,
        refresh: bool = False,
        http: dict[str, object] | None = None,
        **dandi: object,
    ) -> RunReport:
        config = HarvestConfig(
            store=tmp_path / store,
            contact="tests@example.org",
            dandi=DandiHarvestConfig(**{"url": f"{board.url}/api", "rate_per_s": 0, **dandi}),  # type: ignore[arg-type]
            **{"timeout_s": 0.5, "deadline_s": 0.5, "max_bytes": 2**20, **(http or {})},  # type: ignore[arg-type]
        )
        harvester = DandiHarvester(config, slots=tmp_path / "slots", token=token, clock=clock)
        return run_harvest(config, [harvester], clock=clock, since=since, limit=limit, refresh=refresh)

    return run
