"""From a finished build to the one that readers see: gates, the switch, and room for the next."""

from __future__ import annotations

import json
from pathlib import Path
from typing import NamedTuple

from kg.build.collecting import seldom_collecting
from kg.build.gates import Counted, GateReport, check_gates
from kg.build.gold import gold_path, read_gold_sentences, score_gold
from kg.build.history import history_of
from kg.build.lock import PUBLICATION, only_one
from kg.build.pipeline import sweep
from kg.build.snapshot import settings_of
from kg.build.versions import version_of
from kg.config import KgConfig
from kg.errors import BuildError
from kg.graph.build_dir import Build
from kg.graph.layout import CURRENT, MANIFEST
from kg.graph.publications import (
    WAITING,
    current_path,
    find_earlier,
    history,
    last_publication,
    prune_builds,
    publish_build,
)
from kg.link import Linker
from kg.ontology import Vocabulary, load_vocabulary


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
    unscored = None
    if _is_of(build, config, known):
        linker = Linker.from_vocabulary(known, config.link, cache_dir=config.cache_dir)
        scores = score_gold(read_gold_sentences(gold_path()), linker, known)
    else:
        scores = _scores_then(out, build)
        if not scores:
            unscored = "not scored: it was made with other settings, vocabularies or code than those at hand"
    current, unread = _current(out)
    return check_gates(
        build,
        current,
        config.gates,
        scores=scores,
        old_scores=_last_scores(out),
        unread=unread,
        unscored=unscored,
    )


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
    with only_one(out / PUBLICATION):
        with seldom_collecting():
            report = judge_build(config, build, vocabulary=vocabulary)
        if not report.is_passed and not accept:
            _write(out / WAITING, {**report.model_dump(mode="json"), "path": build.path.name, "run_id": run_id})
            sweep(config)
            return Verdict(report, False, prune_builds(out, keep=config.build.keep))  # a build that waits every night
        publish_build(
            out,
            build,
            run_id=run_id,
            accepted=None if report.is_passed else accept,
            failed_gates=report.failed,
            scores=report.scores,
        )
        sweep(config)
        return Verdict(report, True, prune_builds(out, keep=config.build.keep))


def waiting_build(out: Path) -> Build | None:
    """Give the build that a gate holds back, or None."""
    try:
        found = json.loads((out / WAITING).read_text(encoding="utf-8"))
        path = out / found["path"]
        return None if path.resolve() == current_path(out) else Build.open(path)
    except (FileNotFoundError, ValueError, KeyError, BuildError):
        return None


def forget_waiting(out: Path) -> None:
    """Say that no build waits any more: what was wrong with it is mended, for the current one is made again."""
    with only_one(out / PUBLICATION):
        (out / WAITING).unlink(missing_ok=True)


def _is_of(build: Build, config: KgConfig, vocabulary: Vocabulary) -> bool:
    """Say whether what is at hand is what made a build: only then do its scores say anything of it."""
    made = build.manifest
    return (
        made.configuration == settings_of(config)
        and made.vocabulary == vocabulary.fingerprint
        and all(made.code.get(part) == version_of(part) for part in ("link", "claims"))
    )


def _scores_then(out: Path, build: Build) -> dict[str, float]:
    """Give the scores that a build had when it was made, or was published."""
    path = build.path.resolve()
    try:
        waiting = GateReport.model_validate(json.loads((out / WAITING).read_text(encoding="utf-8")))
    except (OSError, ValueError):
        waiting = None
    if waiting is not None and waiting.build_id == build.manifest.build_id and waiting.scores:
        return waiting.scores
    told = (p.scores for p in reversed(history(out)) if (out / p.path).resolve() == path and p.scores)
    return next(told, {})


def _last_scores(out: Path) -> dict[str, float]:
    """Give the scores of the current build; where nothing tells them, the last that are known."""
    last = last_publication(out)
    if last is not None and last.scores:
        return last.scores
    published = [point for point in history_of(out) if point.scores and point.outcome in ("published", "unchanged")]
    return published[-1].scores if published else {}


def _current(out: Path) -> tuple[Build | Counted | None, str | None]:
    """Give what a new build is compared with, and why it isn't the current one if that can't be read."""
    path = current_path(out)
    if path is None:
        return None, None
    try:
        return Build.open(path), None
    except BuildError as error:
        unread = f"{error.what} ({error.where})"
    try:
        return Counted.model_validate_json((path / MANIFEST).read_bytes()), unread
    except (OSError, ValueError):
        pass  # the build before it may do
    try:
        return find_earlier(out), unread
    except BuildError:
        return None, unread


def _write(path: Path, content: dict[str, object]) -> None:
    aside = path.with_name(f".{path.name}.part")  # one name: what a crash left there goes with the next
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
