"""What a dataset has to do with something that its text names.

A region or a cell type that is named is recorded from or only mentioned; a disease or a mechanism is
studied, only mentioned, denied, or there for its controls alone. The rules look at the sentence
around the mention: which words stand before and behind it, whether the sentence tells of the
dataset's own work or of what was known before. They are general English of methods sections; none
knows a dataset, a region or a disease by name.

Rule 1 of the project rests on this module: `judge_condition` says *studied* only with the words that
say so, and those are kept as the evidence's trigger.
"""

from __future__ import annotations

import re
from enum import StrEnum
from typing import TYPE_CHECKING, Final, NamedTuple

from kg.claims import cues
from kg.model import Role

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kg.claims.text import Sentence


class LinkKind(StrEnum):
    """What a dataset has to do with a term."""

    RECORDED = "recorded"
    STUDIED = "studied"
    MENTIONED = "mentioned"
    NEGATED = "negated"
    CONTROL_ONLY = "control_only"


class Judged(NamedTuple):
    """A kind, and the words that decided it (None where the rule is the default)."""

    kind: LinkKind
    trigger: str | None = None


class Context(NamedTuple):
    """A mention in its sentence."""

    role: Role
    text: str
    #: Span of the mention in `text`.
    start: int
    end: int
    #: The sentence stands before the first one that tells of the dataset's own work.
    is_before_own_work: bool = False

    @property
    def before(self) -> str:
        """The sentence up to the mention."""
        return self.text[: self.start]

    @property
    def after(self) -> str:
        """The sentence behind the mention."""
        return self.text[self.end :]


#: "Without accounting for arousal": it speaks of an analysis, and denies nothing.
_NO_DENIAL: Final = re.compile(
    r"\bwithout\s+(?:account|adjust|allow|consider|control|correct|regard|tak)\w*\b", re.IGNORECASE
)
#: "animals (control and epileptic)": the groups of those who were recorded.
_GROUP_BEFORE: Final = re.compile(
    rf"\b{cues.PEOPLE}\s+\((?:[\w-]+\s*(?:,|and|or|vs\.?|versus|/)\s*){{0,3}}$", re.IGNORECASE
)
#: What an electrode measures is no possibility.
_MEASURED_POTENTIAL: Final = re.compile(
    r"\b(?:field|action|evoked|membrane|resting|(?:post)?synaptic|event-related)[- ]potentials?\b|\bpotentiation\b",
    re.IGNORECASE,
)


def is_background(sentence: str) -> bool:
    """Say whether a sentence tells of what was known before, or asks.

    Examples
    --------
    >>> is_background("The hippocampus is thought to store maps.")
    True
    >>> is_background("Here we imaged the hippocampus, which is thought to store maps.")
    False
    """
    if cues.OWN_WORK.search(sentence) and cues.RECORDING.search(sentence):
        return False
    return sentence.rstrip().endswith("?") or cues.BACKGROUND.search(sentence) is not None


def first_own_work(sentences: Sequence[Sentence]) -> int:
    """Give the position of the first sentence about the dataset's own work; 0 if there is none."""
    return next((s.position for s in sentences if cues.OWN_WORK.search(s.text)), 0)


def is_of_whole(context: Context) -> bool:
    """Say whether the brain is named as what the data cover, not as where things are.

    Examples
    --------
    >>> text = "Whole-brain imaging; the brain predicts."
    >>> is_of_whole(Context(Role.DESCRIPTION, text, 6, 11)), is_of_whole(Context(Role.DESCRIPTION, text, 25, 30))
    (True, False)
    """
    if context.role is Role.KEYWORD:
        return True
    return bool(cues.WHOLE_BEFORE.search(context.before) or cues.WHOLE_AFTER.match(context.after))


def names_condition(context: Context) -> bool:
    """Say whether a region is named only as part of a condition's name.

    Examples
    --------
    >>> names_condition(Context(Role.TITLE, "Temporal lobe seizures in rats", 0, 13))
    True
    """
    return cues.CONDITION_AFTER.match(context.after) is not None


def judge_place(context: Context) -> Judged:
    """Say whether a region or a cell type is recorded from or only mentioned.

    Parameters
    ----------
    context : Context
        The mention in its sentence; a title or a keyword is a sentence of its own.

    Returns
    -------
    Judged
        *recorded* unless a word says otherwise: a dataset's text names what it recorded far more
        often than what it didn't.

    Examples
    --------
    >>> text = "We imaged neurons of the retrosplenial cortex projecting to the striatum."
    >>> judge_place(Context(Role.DESCRIPTION, text, 25, 44)).kind.value
    'recorded'
    >>> judge_place(Context(Role.DESCRIPTION, text, 63, 71))
    Judged(kind=<LinkKind.MENTIONED: 'mentioned'>, trigger='projecting to')
    """
    clause = _clause_before(context.before)
    if found := cues.FAR_END_AFTER.match(context.after) or cues.TREATED_AFTER.match(context.after):
        return Judged(LinkKind.MENTIONED, found[0].strip(" -"))
    if trigger := _governing(cues.FAR_END_BEFORE, clause, cues.LIST_REACH):
        return Judged(LinkKind.MENTIONED, trigger)
    if trigger := _governing(cues.TREATED_BEFORE, clause, cues.PLACE_REACH):
        return Judged(LinkKind.MENTIONED, trigger)
    trigger = _governing(cues.INJECTED_BEFORE, clause, cues.PLACE_REACH)
    if trigger and not cues.INDICATOR.search(context.text):
        return Judged(LinkKind.MENTIONED, trigger)
    if context.role not in (Role.TITLE, Role.KEYWORD):
        if found := cues.ELSEWHERE.search(context.text):
            return Judged(LinkKind.MENTIONED, found[0])
        if is_background(context.text):
            found = cues.BACKGROUND.search(context.text)
            return Judged(LinkKind.MENTIONED, found[0] if found else "?")
        if context.is_before_own_work and not cues.RECORDING.search(context.text):
            return Judged(LinkKind.MENTIONED)
    recording = cues.RECORDING.search(context.text)
    return Judged(LinkKind.RECORDED, recording[0] if recording else None)


def judge_condition(context: Context) -> Judged:
    """Say whether a disease is studied: the gate of rule 1.

    Parameters
    ----------
    context : Context
        The mention in its sentence.

    Returns
    -------
    Judged
        *studied* only with its trigger, or where title or keyword names the disease; *mentioned*
        by default.

    Examples
    --------
    >>> text = "Subjects were epilepsy patients; none had a history of stroke."
    >>> judge_condition(Context(Role.DESCRIPTION, text, 14, 22))
    Judged(kind=<LinkKind.STUDIED: 'studied'>, trigger='patients')
    >>> judge_condition(Context(Role.DESCRIPTION, text, 55, 61)).kind.value
    'mentioned'
    """
    if (outright := _outright(context)) is not None:
        return outright
    clause = _clause_before(context.before)
    if _is_aim(clause):
        return Judged(LinkKind.MENTIONED)
    if is_background(context.text) and not cues.OWN_WORK.search(context.text):
        return Judged(LinkKind.MENTIONED)
    before = context.before[-120:]
    if found := cues.SUBJECT_AFTER.match(context.after):
        return Judged(LinkKind.STUDIED, found[0].strip(" -"))
    if found := cues.SUBJECT_BEFORE.search(before) or _GROUP_BEFORE.search(before):
        return Judged(LinkKind.STUDIED, found[0].strip())
    clinical = cues.CLINICAL_BEFORE.search(before) or cues.CLINICAL_AFTER.match(context.after)
    if clinical and cues.CLINICAL_SUBJECT.search(context.text):
        return Judged(LinkKind.STUDIED, clinical[0].strip())
    is_own = cues.OWN_WORK.search(context.text) is not None or cues.RECORDING.search(context.text) is not None
    induced = cues.INDUCED_BEFORE.search(before) or cues.INDUCED_AFTER.match(context.after)
    if induced and is_own:
        return Judged(LinkKind.STUDIED, induced[0].strip())
    if (found := cues.STUDY_BEFORE.search(clause)) and cues.OWN_WORK.search(context.text):
        return Judged(LinkKind.STUDIED, found["verb"])
    return Judged(LinkKind.MENTIONED)


def judge_process(context: Context) -> Judged:
    """Say whether a mechanism, or the process that it disturbs, is what the dataset studies.

    Parameters
    ----------
    context : Context
        The mention in its sentence.

    Returns
    -------
    Judged
        *studied* in a title or a keyword, and in a sentence of the dataset's own work or findings
        with a verb of study; *mentioned* by default.

    Examples
    --------
    >>> text = "We recorded gamma oscillations, which may fail in dementia."
    >>> judge_process(Context(Role.DESCRIPTION, text, 12, 30))
    Judged(kind=<LinkKind.STUDIED: 'studied'>, trigger='recorded')
    """
    if (outright := _outright(context)) is not None:
        return outright
    clause = _clause_before(context.before)
    if cues.CLINICAL_BEFORE.search(context.before[-120:]):
        # Why the electrodes are in is not what the dataset looks at.
        return Judged(LinkKind.MENTIONED)
    if context.is_before_own_work or is_background(context.text) or _is_aim(clause):
        return Judged(LinkKind.MENTIONED)
    if found := cues.STUDY_BEFORE.search(clause):
        return Judged(LinkKind.STUDIED, found["verb"])
    if found := cues.ANY_STUDY.search(context.after) or cues.ANY_STUDY.search(context.before):
        return Judged(LinkKind.STUDIED, found[0])
    return Judged(LinkKind.MENTIONED)


def _outright(context: Context) -> Judged | None:
    """Judge what needs no look at the sentence's verbs: what is denied, part of a name, or a title's own."""
    if denied := _denied(context):
        return denied
    if _is_institution(context):
        return Judged(LinkKind.MENTIONED)
    if context.role in (Role.TITLE, Role.KEYWORD):
        return Judged(LinkKind.STUDIED, context.role.value)
    return None


def _denied(context: Context) -> Judged | None:
    before = context.before[-100:]
    # "with and without epilepsy" has both groups.
    found = cues.NEGATED_BEFORE.search(before)
    if found and not cues.BOTH.search(before) and not _NO_DENIAL.search(found[0]):
        is_group = cues.CONTROL_GROUP.search(context.text) is not None
        return Judged(LinkKind.CONTROL_ONLY if is_group else LinkKind.NEGATED, found[0].strip(" -"))
    if found := cues.NEGATED_AFTER.match(context.after):
        return Judged(LinkKind.NEGATED, found[0].strip(" -"))
    if found := cues.CONTROL_BEFORE.search(before) or cues.CONTROL_AFTER.match(context.after):
        return Judged(LinkKind.CONTROL_ONLY, found[0].strip(" -"))
    return None


def _is_aim(clause: str) -> bool:
    """Say whether what leads up to a name is a purpose, a hope or an example."""
    return cues.AIM.search(_MEASURED_POTENTIAL.sub(" ", clause)) is not None


def _is_institution(context: Context) -> bool:
    return bool(
        cues.INSTITUTION_AFTER.match(context.after)
        or cues.INSTITUTION_BEFORE.search(context.before)
        or (context.role not in (Role.TITLE, Role.KEYWORD) and cues.FUNDING.search(context.text))
    )


def _clause_before(before: str) -> str:
    boundaries = list(cues.CLAUSE.finditer(before))
    return before[boundaries[-1].end() :] if boundaries else before


def _governing(pattern: re.Pattern[str], clause: str, reach: int) -> str | None:
    """Give the last words of a kind that govern what the clause ends in, unless recording words come between.

    `reach` is the longest way in words.
    """
    matches = list(pattern.finditer(clause))
    if not matches:
        return None
    found = matches[-1]
    is_far = len(clause[found.end() :].split()) > reach
    return None if is_far or cues.RECORDING.search(clause, found.end()) else found[0].strip()
