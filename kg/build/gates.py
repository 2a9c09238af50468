"""Whether a build may become the current one: what it lost, what it broke, how it scores.

A gate compares a build with the current one, part by part: totals hide that a source is gone. What a gate
says is for a person to read; `kg publish --accept REASON` goes on all the same.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

import polars as pl
from pydantic import BaseModel, ConfigDict

from kg.config import GatesConfig
from kg.graph.build_dir import Build
from kg.link.tokens import words

#: Name of the gate that is there only if the current build can't be read.
COMPARISON: Final = "comparison"
#: What must not be lost, and the table and column that it is counted by.
_COUNTED: Final = {"labels": ("nodes", "label"), "relationship types": ("edges", "predicate")}
#: Most parts of a gate that are named.
_NAMED: Final = 10
_WORD: Final = re.compile(r"[^\W\d_][\w-]{2,}")
#: Words that make no name.
_COMMON: Final = words(
    "the and for with from that this are was were has have not but its their our new into via between among during "
    "using based than more less role study data analysis case report review effects effect patients model models "
    "associated association related human mouse mice rat rats after before under over through induced human"
)


class GateResult(BaseModel):
    """What one gate says."""

    model_config = ConfigDict(frozen=True)

    name: str
    is_passed: bool
    #: What was found, in a sentence.
    said: str
    #: The parts that fail, or what the number is made of: name, before, now.
    parts: tuple[dict[str, Any], ...] = ()


class Counted(BaseModel):
    """What the manifest of a build still tells whose tables can't be read: they are damaged, or of another shape."""

    model_config = ConfigDict(frozen=True)

    build_id: str
    #: Files of each source.
    inputs: dict[str, int] = {}
    counts: dict[str, dict[str, int]] = {}


class GateReport(BaseModel):
    """What all gates say of a build."""

    model_config = ConfigDict(frozen=True)

    build_id: str
    #: The build that it was compared with; None for the first.
    compared_with: str | None
    gates: tuple[GateResult, ...]
    scores: dict[str, float]
    #: Phrases of titles that no mention touches, and in how many records they are.
    unlinked: tuple[tuple[str, int], ...] = ()

    @property
    def is_passed(self) -> bool:
        """Whether every gate lets it through."""
        return all(gate.is_passed for gate in self.gates)

    @property
    def failed(self) -> tuple[str, ...]:
        """Names of the gates that don't."""
        return tuple(gate.name for gate in self.gates if not gate.is_passed)


def check_gates(
    new: Build,
    old: Build | Counted | None,
    config: GatesConfig,
    *,
    scores: Mapping[str, float] | None = None,
    old_scores: Mapping[str, float] | None = None,
    unread: str | None = None,
    unscored: str | None = None,
) -> GateReport:
    """Ask every gate.

    Parameters
    ----------
    new : Build
        The build that would be published.
    old : Build or Counted, optional
        The current one, or what its manifest tells; without it only what needs no comparison is asked.
    config : GatesConfig
        The limits.
    scores, old_scores : mapping of str to float, optional
        On the bundled gold, now and when the current build was published.
    unread : str, optional
        Why the current build can't be read; `old` is then what is compared in its place. With nothing in its
        place no gate could tell what was lost, so the build doesn't pass.
    unscored : str, optional
        Why the build can't be scored; then it doesn't pass.
    """
    with ThreadPoolExecutor(1) as threads:
        # Python's own work, beside that on columns.
        unlinked = threads.submit(unlinked_phrases, new, config.unlinked_phrases)
        gates = [
            _dropped("sources", *_by_sources(new, old), config, whole=True),
            *(
                _dropped(name, _by(new, *column), _by(old, *column) if old else None, config, whole=True)
                for name, column in _COUNTED.items()
            ),
            _dropped("datasets", _by_dataset(new) or {}, _by_dataset(old) if old else None, config),
            _at_most("nodes without identifier", _without_identifier(new), config.nodes_without_identifier),
            _at_most("edges without evidence", _without_evidence(new), config.edges_without_evidence),
            _rule_breaks(new, old if isinstance(old, Build) else None, config),
            _scores(scores or {}, old_scores or {}, config),
        ]
    if unscored:
        gates[-1] = GateResult(name=gates[-1].name, is_passed=False, said=unscored)
    if unread:
        gates.insert(0, _comparison(old, unread))
    return GateReport(
        build_id=new.manifest.build_id,
        compared_with=old.manifest.build_id if isinstance(old, Build) else old.build_id if old else None,
        gates=tuple(gates),
        scores=dict(scores or {}),
        unlinked=tuple(unlinked.result()),
    )


def _dropped(
    name: str,
    now: Mapping[str, int],
    before: Mapping[str, int] | None,
    config: GatesConfig,
    *,
    whole: bool = False,
) -> GateResult:
    """Ask whether any part lost more than its share; `whole`: or is gone altogether, however small it was."""
    found: list[dict[str, Any]] = []
    for part, count in (before or {}).items():
        lost = count - now.get(part, 0)
        is_gone = whole and count and not now.get(part, 0)
        if is_gone or (lost > config.drop_at_least and lost > config.drop * count):
            found.append({"name": part, "before": count, "now": now.get(part, 0)})
    found.sort(key=lambda row: (row["now"] - row["before"], row["name"]))
    worst = ", ".join(f"{row['name']} {row['before']:,} → {row['now']:,}" for row in found[:3])
    said = (
        f"{len(found)} lost more than {config.drop:.0%}: {worst}"
        if found
        else "none lost more than its share"
        if before is not None
        else "there is nothing to compare with"
    )
    return GateResult(name=f"drop of {name}", is_passed=not found, said=said, parts=tuple(found[:_NAMED]))


def _comparison(old: Build | Counted | None, unread: str) -> GateResult:
    said = f"the current build can't be read: {unread}"
    if old is None:
        said += "; nor can one before it, so nothing was compared"
    elif isinstance(old, Counted):
        said += "; compared with the counts of its manifest, which has none of datasets and rule breaks"
    else:
        said += f"; compared with {old.manifest.build_id}, which was before it"
    return GateResult(name=COMPARISON, is_passed=old is not None, said=said)


def _at_most(name: str, found: pl.Series, most: int) -> GateResult:
    first = f" (first: {found[0]})" if len(found) else ""
    return GateResult(
        name=name,
        is_passed=len(found) <= most,
        said=f"{len(found):,}{first}",
        parts=tuple({"name": item} for item in found.head(_NAMED)),
    )


def _rule_breaks(new: Build, old: Build | None, config: GatesConfig) -> GateResult:
    """Ask of each rule alone: in a total, breaks that were mended hide those that are new."""
    now, before = (_breaks(build) if build else {} for build in (new, old))
    counts = [(rule, before.get(rule, 0), now.get(rule, 0)) for rule in sorted({*now, *before})]
    parts = tuple({"name": rule, "before": was, "now": found} for rule, was, found in counts)
    more = [row for row in counts if old is not None and row[2] > row[1] + config.more_rule_breaks]
    said = f"{sum(now.values()):,} breaks" + (f", {sum(before.values()):,} before" if old else "")
    if more:
        said += "; more of " + ", ".join(f"{rule} {was:,} → {found:,}" for rule, was, found in more)
    return GateResult(name="rule breaks", is_passed=not more, said=said, parts=parts)


def _scores(now: Mapping[str, float], before: Mapping[str, float], config: GatesConfig) -> GateResult:
    lower = [
        name for name, score in now.items() if score < before.get(name, score) - config.score_drop - 1e-9
    ]
    told = ", ".join(
        f"{name} {score}" + (f" (was {before[name]})" if name in before else "")
        for name, score in sorted(now.items())
    )
    parts = tuple(
        {"name": name, "before": before.get(name), "now": score} for name, score in sorted(now.items())
    )
    return GateResult(name="scores on gold", is_passed=not lower, said=told or "not scored", parts=parts)


def _by_sources(new: Build, old: Build | Counted | None) -> tuple[dict[str, int], dict[str, int] | None]:
    if isinstance(old, Counted):
        return new.manifest.inputs, old.inputs  # files: a manifest doesn't count records by source
    return _by(new, "records", "source"), _by(old, "records", "source") if old else None


def _by(build: Build | Counted, table: str, column: str) -> dict[str, int]:
    if isinstance(build, Counted):
        return build.counts.get(table, {})
    return dict(build.read(table, [column]).group_by(column).len().sort(column).iter_rows())


def _by_dataset(build: Build | Counted) -> dict[str, int] | None:
    if isinstance(build, Counted):
        return None
    edges = build.read("edges", ["subject"]).filter(pl.col("subject").str.starts_with("DANDI:"))
    return dict(edges.group_by("subject").len().sort("subject").iter_rows())


def _breaks(build: Build) -> dict[str, int]:
    found = build.read("problems", ["rule", "severity"]).filter(
        pl.col("rule").str.starts_with("rule-") & (pl.col("severity") != "note")
    )
    return dict(found.group_by("rule").len().iter_rows())


def _without_identifier(build: Build) -> pl.Series:
    ids = build.read("nodes", ["id"])["id"]
    return ids.filter(~ids.str.contains(r"^[^:\s]+:\S+$").fill_null(False))


def _without_evidence(build: Build) -> pl.Series:
    evidence = build.read("evidence", ["polarity", "claim_id"])
    asserted = evidence.filter(pl.col("polarity") == "asserted").select("claim_id")
    return build.read("edges", ["claim_id"]).join(asserted, on="claim_id", how="anti")["claim_id"]


def unlinked_phrases(build: Build, most: int) -> list[tuple[str, int]]:
    """Give the phrases of two and three words that most titles have and no mention touches.

    Parameters
    ----------
    build : Build
        Whose titles are read.
    most : int
        How many.
    """
    if not most:
        return []
    spans: dict[str, list[tuple[int, int]]] = {}
    of_titles = build.read("mentions", ["record_id", "section", "start", "end"]).filter(
        pl.col("section").is_in(["title", "name"])
    )
    for record_id, start, end in of_titles.select("record_id", "start", "end").iter_rows():
        spans.setdefault(record_id, []).append((start, end))
    counts: Counter[str] = Counter()
    for record_id, title in build.read("records", ["id", "title"]).iter_rows():
        counts.update(_phrases(title, spans.get(record_id, ())))
    return [
        (phrase, n)
        for phrase, n in sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:most]
        if n > 1
    ]


def _phrases(title: str, taken: Sequence[tuple[int, int]]) -> set[str]:
    """Give the phrases of two and three words, each a blank apart, that nothing in `taken` touches."""
    phrases: set[str] = set()
    before: list[str] = []  # the words that this one follows, at most two
    last = -1
    for match in _WORD.finditer(title):
        start, end = match.span()
        word = match[0].casefold()
        if word in _COMMON or any(start < stop and first < end for first, stop in taken):
            continue  # as where a sentence ends: the next word is more than a blank away from the last
        if start - last != 1:
            before = []
        if before:
            phrases.add(f"{before[-1]} {word}")
            if len(before) == 2:
                phrases.add(f"{before[0]} {before[1]} {word}")
        before = [*before[-1:], word]
        last = end
    return phrases
