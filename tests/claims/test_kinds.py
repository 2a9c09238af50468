"""Which sentence says recorded, studied, denied or only mentioned."""

from __future__ import annotations

import pytest

from kg.claims.kinds import (
    Context,
    Judged,
    LinkKind,
    is_background,
    judge_condition,
    judge_place,
    judge_process,
)
from kg.model import Role


def context(text: str, surface: str, role: Role = Role.DESCRIPTION, *, early: bool = False) -> Context:
    at = text.index(surface)
    return Context(role, text, at, at + len(surface), early)


@pytest.mark.parametrize(
    ("text", "surface"),
    [
        ("We recorded single units in the dorsal striatum of awake rats.", "striatum"),
        ("Two-photon imaging of layer 2/3 in V1 while mice ran.", "V1"),
        ("The data were collected from hippocampus and thalamus with two probes.", "thalamus"),
        (
            "AAV-GCaMP8 was injected into the retrosplenial cortex, where imaging took place.",
            "retrosplenial cortex",
        ),
        (
            "Here we show how cells of the amygdala, which is thought to store fear, fire during sleep.",
            "amygdala",
        ),
    ],
)
def test_place_is_recorded_where_data_come_from_it(text: str, surface: str) -> None:
    assert judge_place(context(text, surface)).kind is LinkKind.RECORDED


@pytest.mark.parametrize(
    ("text", "surface"),
    [
        ("We imaged cortical neurons projecting to the striatum or the thalamus.", "thalamus"),
        ("We recorded thalamus-projecting neurons in the cortex.", "thalamus"),
        ("Responses depended on inputs from the amygdala.", "amygdala"),
        ("Seizures followed injection of kainate into the hippocampus.", "hippocampus"),
        ("Rats ran the maze after inactivation of the medial septum.", "medial septum"),
        ("Animals with striatum lesions learned slowly.", "striatum"),
        (
            "Beads with a retrograde tracer were injected into the striatum and AAV was used elsewhere.",
            "striatum",
        ),
        ("Previous studies have placed working memory in the prefrontal cortex.", "prefrontal cortex"),
        ("How does the thalamus gate these signals?", "thalamus"),
        ("An earlier version, with recordings in the thalamus, is a separate dataset.", "thalamus"),
        ("Learning required the basolateral amygdala.", "amygdala"),
    ],
)
def test_place_is_mentioned_where_something_else_is_said_of_it(text: str, surface: str) -> None:
    assert judge_place(context(text, surface)).kind is LinkKind.MENTIONED


def test_place_before_the_datasets_own_work_is_mentioned() -> None:
    text = "The hippocampus supports memory."
    assert judge_place(context(text, "hippocampus", early=True)).kind is LinkKind.MENTIONED
    assert judge_place(context(text, "hippocampus")).kind is LinkKind.RECORDED


@pytest.mark.parametrize(
    ("text", "surface"),
    [
        ("Participants were epilepsy patients with depth electrodes.", "epilepsy"),
        ("Recordings from patients with drug-resistant epilepsy.", "epilepsy"),
        ("Patients underwent implantation of electrodes for monitoring of epilepsy.", "epilepsy"),
        ("We recorded from a mouse model of Parkinson's disease.", "Parkinson's disease"),
        ("Data from Alzheimer's disease mice and their littermates.", "Alzheimer's disease"),
        ("Thirteen rats received a stroke before the recordings.", "stroke"),
        ("We compare units of patients with and without epilepsy.", "epilepsy"),
    ],
)
def test_condition_is_studied_where_the_subjects_have_it(text: str, surface: str) -> None:
    judged = judge_condition(context(text, surface))
    assert judged.kind is LinkKind.STUDIED
    assert judged.trigger


@pytest.mark.parametrize(
    ("text", "surface"),
    [
        ("These data may help to understand epilepsy.", "epilepsy"),
        ("The work has implications for stroke.", "stroke"),
        ("Sleep is disturbed in many conditions such as depression.", "depression"),
        ("Funded by the Institute for Parkinson Research.", "Parkinson"),
        ("Recorded at the Alzheimer's Disease Research Center.", "Alzheimer's Disease"),
        ("We recorded place cells at the Epilepsy Center.", "Epilepsy"),
        ("Dopamine is thought to fail in Parkinson's disease.", "Parkinson's disease"),
    ],
)
def test_condition_is_only_mentioned_without_words_that_say_more(text: str, surface: str) -> None:
    assert judge_condition(context(text, surface)).kind is LinkKind.MENTIONED


@pytest.mark.parametrize(
    ("text", "surface"),
    [
        ("Tissue came from non-epilepsy surgery.", "epilepsy"),
        ("Subjects had no history of stroke or depression.", "stroke"),
        ("Subjects had no history of stroke or depression.", "depression"),
        ("Adults without epilepsy took part.", "epilepsy"),
        ("We verified that subjects were not affected by depression.", "depression"),
        ("Volunteers were screened for depression.", "depression"),
    ],
)
def test_condition_is_negated_where_the_subjects_lack_it(text: str, surface: str) -> None:
    assert judge_condition(context(text, surface)).kind is LinkKind.NEGATED


def test_condition_of_which_only_controls_are_here_is_control_only() -> None:
    text = "Healthy volunteers, recorded as controls for epilepsy."
    assert judge_condition(context(text, "epilepsy")).kind is LinkKind.CONTROL_ONLY


def test_untreated_group_denies_nothing() -> None:
    text = "Eleven rats were in the sham group (no stroke)."
    assert judge_condition(context(text, "stroke")).kind is LinkKind.CONTROL_ONLY


@pytest.mark.parametrize("role", [Role.TITLE, Role.KEYWORD])
def test_title_and_keyword_pass_the_gate_unless_they_deny(role: Role) -> None:
    assert judge_condition(context("Epilepsy", "Epilepsy", role)).kind is LinkKind.STUDIED
    assert judge_condition(context("Non-epilepsy", "epilepsy", role)).kind is LinkKind.NEGATED


def test_institution_in_a_title_passes_no_gate() -> None:
    text = "Recordings of the Parkinson's Disease Foundation"
    assert judge_condition(context(text, "Parkinson's Disease", Role.TITLE)).kind is LinkKind.MENTIONED


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("We measured gamma oscillations in V1.", LinkKind.STUDIED),
        ("Gamma oscillations were recorded during sleep.", LinkKind.STUDIED),
        ("Previous work has tied gamma oscillations to attention.", LinkKind.MENTIONED),
        ("The data could be used to look for gamma oscillations.", LinkKind.MENTIONED),
    ],
)
def test_process_is_studied_where_the_dataset_takes_it_up(text: str, kind: LinkKind) -> None:
    surface = "gamma oscillations" if "gamma" in text else "Gamma oscillations"
    assert judge_process(context(text, surface)).kind is kind


def test_question_is_background() -> None:
    assert is_background("Where does the signal arise?")


def condition(text: str, name: str) -> Judged:
    start = text.index(name)
    return judge_condition(Context(Role.DESCRIPTION, text, start, start + len(name)))


@pytest.mark.issue(5)
def test_a_field_potential_is_no_possibility() -> None:
    text = (
        "We kept local field potentials from depth electrodes implanted for monitoring of epileptic seizures."
    )
    assert condition(text, "epileptic") == Judged(LinkKind.STUDIED, "implanted for monitoring of")
    hope = "These potential biomarkers were implanted for monitoring of epileptic seizures."
    assert condition(hope, "epileptic").kind is LinkKind.MENTIONED


@pytest.mark.issue(5)
@pytest.mark.parametrize("groups", ["(control and epileptic)", "(epileptic)", "(sham, control, epileptic)"])
def test_groups_in_brackets_are_of_those_who_were_recorded(groups: str) -> None:
    assert (
        condition(f"Silicon probe recording in head-fixed animals {groups}.", "epileptic").kind
        is LinkKind.STUDIED
    )


@pytest.mark.issue(5)
def test_an_analysis_that_leaves_something_out_denies_nothing() -> None:
    text = "Without accounting for epilepsy, the recorded spikes can be misread."
    assert condition(text, "epilepsy").kind is LinkKind.MENTIONED
    assert condition("We recorded from people without epilepsy.", "epilepsy").kind is LinkKind.NEGATED
