"""Write a file of a source and read it back."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from kg.harvest import InputFile, read_file
from kg.model import Problem, Record, Severity, Source


class Harvested(NamedTuple):
    records: list[Record]
    problems: list[Problem]

    @property
    def record(self) -> Record:
        assert len(self.records) == 1, self.problems
        return self.records[0]

    @property
    def error(self) -> Problem:
        assert not self.records
        errors = [problem for problem in self.problems if problem.severity is Severity.ERROR]
        assert len(errors) == 1, self.problems
        return errors[0]

    def rules(self) -> list[str]:
        return [problem.rule for problem in self.problems]


Harvest = Callable[..., Harvested]


@pytest.fixture
def harvest(tmp_path: Path) -> Harvest:
    """Write text or bytes under a name and read it; a name that ends in '.gz' compresses it."""

    def run(source: Source, name: str, content: str | bytes) -> Harvested:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        data = content.encode() if isinstance(content, str) else content
        path.write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
        found = list(read_file(InputFile(source, path, name)))
        return Harvested(
            [item for item in found if isinstance(item, Record)], [item for item in found if isinstance(item, Problem)]
        )

    return run
