"""Scores that mean something: of mentions with score 0.8, eight in ten are right.

A rule's own score says how far it is to be trusted against other rules. How often its mentions are right
depends on the vocabulary, too: it was counted on corpora with gold, by vocabulary, rule, shape of the surface
and the rule's score, in ``ontologies/calibration.tsv``. Each step of that list is smoothed by the one before,
so that ten mentions don't decide. Terms of a vocabulary that was never counted keep their rules' scores.
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterable
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Final, NamedTuple

from kg.config import curated_dir
from kg.errors import LinkError

#: How many mentions the wider group weighs against the narrower one's own.
_WEIGHT: Final = 5.0
#: How many scores are remembered.
_REMEMBERED: Final = 1 << 17
_COLUMNS: Final = ("reach", "vocabulary", "method", "shape", "band", "mentions", "right")
_NAME: Final = "calibration.tsv"


class Reach(StrEnum):
    """What a linker matched: a file of surfaces, or the default vocabularies with their further rules."""

    LEXICON = "lexicon"
    VOCABULARIES = "vocabularies"
    #: Names of a lexicon that a corpus of priors never has: the others are the corpus's to judge.
    UNSEEN = "unseen"


class Case(NamedTuple):
    """What mentions are counted by, from the widest group to the narrowest."""

    reach: str
    vocabulary: str
    method: str
    shape: str
    #: The rule's score in tenths; 0 for names that a corpus of priors never has, whose scores are calibrated already.
    band: int


def shape_of(surface: str) -> str:
    """Give the shape of a surface: a short word with capitals is an acronym.

    Examples
    --------
    >>> [shape_of(surface) for surface in ("RGCs", "retina", "outer plexiform layer")]
    ['acronym', 'word', 'phrase']
    """
    bare = surface[:-1] if len(surface) > 2 and surface[-1] == "s" else surface
    if " " in bare or "-" in bare:
        return "phrase"
    return "acronym" if len(bare) <= 6 and any(c.isupper() for c in bare[1:]) else "word"


def case_of(reach: Reach, curie: str, method: str, surface: str, score: float) -> Case:
    """Say what a mention is counted by."""
    band = 0 if reach is Reach.UNSEEN else round(score * 10)
    return Case(reach, curie.partition(":")[0], method, shape_of(surface), band)


class Calibration:
    """Counts of right mentions, ready for use.

    Parameters
    ----------
    counts : iterable of (Case, int, int)
        How many mentions of each case there were, and how many of them are right.

    Examples
    --------
    >>> case = case_of(Reach.LEXICON, "CL:0000540", "label", "neuron", 0.95)
    >>> calibration = Calibration([(case, 95, 85)])
    >>> round(calibration.score(Reach.LEXICON, "CL:1", "label", "rod", 0.95), 2)
    0.89
    >>> calibration.score(Reach.LEXICON, "X:1", "label", "rod", 0.95)
    0.95
    """

    def __init__(self, counts: Iterable[tuple[Case, int, int]]) -> None:
        self._mentions: Counter[tuple[object, ...]] = Counter()
        self._right: Counter[tuple[object, ...]] = Counter()
        for case, mentions, right in counts:
            for size in range(2, len(case) + 1):
                self._mentions[case[:size]] += mentions
                self._right[case[:size]] += right
        self._known: dict[Case, float] = {}
        # Texts repeat their names: what was worked out for one is kept, as long as that takes little room.
        self._scores: dict[tuple[Reach, str, str, str, float], float] = {}

    def score(self, reach: Reach, curie: str, method: str, surface: str, score: float) -> float:
        """Give the share of mentions like this one that are right.

        Parameters
        ----------
        reach : Reach
            What the linker matched.
        curie, method, surface
            The mention's.
        score : float
            Its rule's score.

        Returns
        -------
        float
            The share, or `score` where the vocabulary was never counted.
        """
        key = (reach, curie, method, surface, score)
        share = self._scores.get(key)
        if share is None:
            case = case_of(reach, curie, method, surface, score)
            known = self._known.get(case)
            if known is None:
                known = self._known[case] = self._share(case)
            share = known if known >= 0 else score
            if len(self._scores) >= _REMEMBERED:
                self._scores.clear()
            self._scores[key] = share
        return share

    def _share(self, case: Case) -> float:
        if not self._mentions[case[:2]]:
            return -1.0
        wider = self._mentions[case[:2]]
        share = self._right[case[:2]] / wider
        for size in range(3, len(case) + 1):
            mentions, right = self._mentions[case[:size]], self._right[case[:size]]
            if mentions != wider:  # the same mentions must not count twice
                share = (right + _WEIGHT * share) / (mentions + _WEIGHT)
            wider = mentions
        return round(share, 4)


@cache
def default_calibration() -> Calibration:
    """Read the counts that come with the package; without the table, scores stay as they are."""
    path = curated_dir() / _NAME
    return Calibration(read_counts(path) if path.is_file() else ())


def read_counts(path: Path) -> list[tuple[Case, int, int]]:
    """Read a table of counts.

    Raises
    ------
    LinkError
        Naming the line that is not of its form.
    """
    with path.open(encoding="utf-8", newline="") as lines:
        reader = csv.reader(
            (line for line in lines if not line.startswith("#")), delimiter="\t", quoting=csv.QUOTE_NONE
        )
        counts = []
        for number, row in enumerate(reader):
            if number == 0 and tuple(row) == _COLUMNS:
                continue
            try:
                reach, vocabulary, method, shape, band, mentions, right = row
                counts.append((Case(reach, vocabulary, method, shape, int(band)), int(mentions), int(right)))
            except ValueError as error:
                columns = ", ".join(_COLUMNS)
                raise LinkError(f"no counts: {row!r}", str(path), f"its columns are {columns}") from error
    return counts


def counts_text(counts: Iterable[tuple[Case, int, int]], remark: str) -> str:
    """Write counts as a table, rows sorted, below a remark on where they come from."""
    rows = sorted("\t".join(map(str, (*case, mentions, right))) for case, mentions, right in counts)
    remarks = "".join(f"# {line}\n" for line in remark.splitlines())
    return remarks + "\t".join(_COLUMNS) + "\n" + "".join(f"{row}\n" for row in rows)


class Decile(NamedTuple):
    """Mentions of one tenth of the scores."""

    low: float
    high: float
    mentions: int
    right: int
    mean_score: float
    share_right: float


def deciles(judged: Iterable[tuple[float, bool]]) -> list[Decile]:
    """Give, for each tenth of the range of scores, how many mentions are right.

    Parameters
    ----------
    judged : iterable of (float, bool)
        Score of each mention, and whether it is right.

    Returns
    -------
    list of Decile
        Ten; one without mentions has a share of 0.

    Examples
    --------
    >>> [(d.low, d.mentions, d.share_right) for d in deciles([(0.95, True), (0.93, False), (0.2, False)]) if d.mentions]
    [(0.2, 1, 0.0), (0.9, 2, 0.5)]
    """
    mentions, right, total = [0] * 10, [0] * 10, [0.0] * 10
    for score, is_right in judged:
        at = min(9, int(score * 10 + 1e-9))
        mentions[at] += 1
        right[at] += is_right
        total[at] += score
    return [
        Decile(
            at / 10,
            (at + 1) / 10,
            mentions[at],
            right[at],
            round(total[at] / mentions[at], 3) if mentions[at] else 0.0,
            round(right[at] / mentions[at], 3) if mentions[at] else 0.0,
        )
        for at in range(10)
    ]


def calibration_error(rows: Iterable[Decile]) -> float:
    """Give the mean distance of score and share, weighed by mentions."""
    rows = list(rows)
    total = sum(row.mentions for row in rows)
    return sum(abs(row.mean_score - row.share_right) * row.mentions for row in rows) / total if total else 0.0
