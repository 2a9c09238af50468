"""From a finished build to the one that readers see: gates, the switch, and room for the next."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Final, NamedTuple

from kg.build.gates import GateReport, check_gates
from kg.build.gold import gold_path, read_gold_sentences, score_gold
from kg.build.pipeline import only_one, sweep
from kg.config import KgConfig
from kg.errors import BuildError
from kg.graph.build_dir import Build
from kg.graph.layout import CURRENT
from kg.graph.publications import current_path, last_publication, prune_builds, publish_build, roll_back
from kg.link import Linker
from kg.ontology import Vocabulary, load_vocabulary

_WAITING: Final = "waiting.json"


class Verdict(NamedTuple):
    """What came of an attempt to publish."""

    report: GateReport
    is_published: bool
    removed: list[Path]


def judge_build(config: KgConfig, build: Build, *, vocabulary: Vocabulary | None = None) -> GateReport:
    """Ask the gates about a build, against the current one.

    Parameters
    ----------
    config : KgConfig
        With the limits, and the folder of builds.
    build : Build
        The build that would be published.
    vocabulary : Vocabulary, optional
        What `config` names, if it is loaded.
    """
    out = config.build.out
    known = vocabulary if vocabulary is not None else load_vocabulary(config)
    linker = Linker.from_vocabulary(known, config.link, cache_dir=config.cache_dir)
    scores = score_gold(read_gold_sentences(gold_path()), linker, known)
    last = last_publication(out)
    return check_gates(build, _current(out), config.gates, scores=scores, old_scores=last.scores if last else None)


def publish_gated(
    config: KgConfig,
    build: Build,
    *,
    accept: str | None = None,
    run_id: str | None = None,
    vocabulary: Vocabulary | None = None,
) -> Verdict:
    """Publish a build if the gates let it through, or a reason is given why it may pass all the same.

    A build that is held back stays where it is, and ``builds/waiting.json`` says why.

    Parameters
    ----------
    config : KgConfig
        With the limits, and the folder of builds.
    build : Build
        Whole and open.
    accept : str, optional
        Why gates that fail are passed over; it is recorded.
    run_id : str, optional
        Which run of ``kg nightly`` it is.
    vocabulary : Vocabulary, optional
        What `config` names, if it is loaded.
    """
    out = config.build.out
    with only_one(config, out):
        report = judge_build(config, build, vocabulary=vocabulary)
        if not report.is_passed and not accept:
            _write(out / _WAITING, {**report.model_dump(mode="json"), "path": build.path.name, "run_id": run_id})
            return Verdict(report, False, [])
        publish_build(
            out,
            build,
            run_id=run_id,
            accepted=None if report.is_passed else accept,
            failed_gates=report.failed,
            scores=report.scores,
        )
        (out / _WAITING).unlink(missing_ok=True)
        sweep(config)
        return Verdict(report, True, prune_builds(out, keep=config.build.keep))


def waiting_build(out: Path) -> Build | None:
    """Give the build that a gate holds back, or None."""
    try:
        found = json.loads((out / _WAITING).read_text(encoding="utf-8"))
        return Build.open(out / found["path"])
    except (FileNotFoundError, ValueError, KeyError, BuildError):
        return None


def take_back(config: KgConfig) -> Build:
    """Make the build before the current one current again."""
    with only_one(config, config.build.out):
        return roll_back(config.build.out)


def _current(out: Path) -> Build | None:
    path = current_path(out)
    if path is None:
        return None
    try:
        return Build.open(path)
    except BuildError:
        return None  # damaged, or of another shape: there is nothing to compare with, and anything is better


def _write(path: Path, content: dict[str, object]) -> None:
    aside = path.with_name(f".{path.name}.{os.getpid()}")
    aside.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    aside.replace(path)


def say_verdict(verdict: Verdict, out: Path) -> list[str]:
    """Say in lines for a person what the gates said."""
    report = verdict.report
    lines = [f"gate   {gate.name}: {gate.said}" for gate in report.gates if not gate.is_passed]
    if verdict.is_published:
        return [*lines, f"published {report.build_id}: {out / CURRENT} points at it"]
    return [
        *lines,
        f"not published: {out / report.build_id} waits, and {out / CURRENT} stays {report.compared_with}",
        "  mend: look at 'kg diff current "
        + report.build_id
        + "'; if it is right, kg publish --accept 'the reason'",
    ]
