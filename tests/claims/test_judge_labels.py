"""Labels of sentences of our own: [subject] and <object> stand in brackets.

One sentence a form of English: what is stated, denied, doubted, and what only looks like a statement.
"""

from __future__ import annotations

import re

import pytest

from kg.claims.judge import Judgement, judge


def judged(marked: str) -> tuple[str, Judgement | None]:
    text = re.sub(r"[\[\]<>]", "", marked)
    subject, target = re.search(r"\[(.*?)\]", marked), re.search(r"<(.*?)>", marked)
    assert subject
    assert target
    at, to = text.index(subject[1]), text.index(target[1])
    return text, judge(text, (at, at + len(subject[1])), (to, to + len(target[1])))


def label(marked: str) -> str:
    _, found = judged(marked)
    return found.polarity.value if found else "none"


SPECULATIVE = [
    "These data point to a possible role of [gliosis] in <dementia>.",
    "A potential role for [gliosis] in the pathogenesis of <dementia> has been suggested.",
    "[Gliosis] could be involved in <dementia>.",
    "It remains to be determined whether [gliosis] is altered in <dementia>.",
    "We asked whether [gliosis] is increased in <dementia>.",
    "[Gliosis] is likely to contribute to <dementia>.",
    "[Gliosis] likely contributes to <dementia>.",
    "[Gliosis] has been proposed as a cause of <dementia>.",
    "[Gliosis] appears to be impaired in <dementia>.",
    "The loss of neurons may lead to [gliosis], which could underlie <dementia>.",
    "The role of [gliosis] in <dementia> is poorly understood.",
    "Little is known about the role of [gliosis] in <dementia>.",
    "[Gliosis] may be a risk factor for <dementia>.",
    "This suggests that changes in [gliosis] might explain the symptoms of <dementia>.",
    "[Gliosis], which may cause <dementia>, is common.",
    "<Dementia> may result from [gliosis].",
    "<Dementia> is thought to be caused by [gliosis].",
    "If [gliosis] causes <dementia>, it should be seen early.",
    "One hypothesis is that [gliosis] drives <dementia>.",
    "[Gliosis] has been suggested to contribute to <dementia>.",
    "Increased [gliosis] might therefore be a consequence of <dementia>.",
    "There may be an association between [gliosis] and <dementia>.",
    "Our aim was to test the hypothesis that [gliosis] contributes to <dementia>.",
    "The possible involvement of [gliosis] in <dementia> is suggested by these results.",
    "[Gliosis] is a candidate mechanism for <dementia>.",
    "[Gliosis] is a potential contributor to <dementia>.",
    "[Gliosis] is possibly associated with <dementia>.",
    "Loss of [neurons] might occur in <dementia>.",
    "Whether [gliosis] is a cause or a consequence of <dementia> is still debated.",
    "These findings raise the possibility that [gliosis] could be a risk factor for <dementia>.",
    "It has been suggested that [gliosis] plays a role in <dementia>.",
    "It is believed that <dementia> is caused by [gliosis].",
    "We speculate that [gliosis] underlies <dementia>.",
    "How [gliosis] leads to <dementia> is not fully understood.",
    "However, the contribution of [gliosis] to <dementia> remains unknown.",
    "Our data imply that [gliosis] might be important in <dementia>.",
    "The mechanism by which [gliosis] causes <dementia> remains unclear.",
    "A role for [gliosis] in <dementia> has been hypothesized.",
    "[Gliosis] and stroke may be linked to <dementia>.",
    "The relationship between [gliosis] and <dementia> remains controversial.",
    "<Dementia> may be associated with [gliosis].",
    "Perhaps [gliosis] precedes <dementia>.",
    "These results suggest a potential link between [gliosis] and <dementia>.",
    "Here we test whether <dementia> alters the [hippocampus].",
    "[Gliosis] is presumably involved in <dementia>.",
    "Dysfunction of the [hippocampus] may account for the symptoms of <dementia>.",
    "It seems that [microglia] are activated in <dementia>.",
    "[Gliosis] apparently precedes <dementia>.",
    "It has been argued that <dementia> is caused by [gliosis].",
    "Evidence that [gliosis] causes <dementia> is inconclusive.",
    "The link between [gliosis] and <dementia> is a matter of debate.",
    "A causal role of [gliosis] in <dementia> has yet to be demonstrated.",
    "A putative role of the [hippocampus] in <dementia> was examined.",
    "One of the suggested mechanisms of <dementia> is [gliosis].",
    "We propose that [gliosis] underlies <dementia>.",
    "Whether [tau] spreads in this way in <dementia> is unknown.",
    "[Gliosis] might not be a feature of <dementia>.",
    "[Gliosis] rises early and may thereby worsen <dementia>.",
    "[Plaques] are associated with stroke and possibly <dementia>.",
    "The interplay between <dementia> and [gliosis] remains to be fully understood.",
    "We tested the hypothesis that [neurons] that emerge in <dementia> are lost.",
    "[Gliosis] may be on the critical path to <dementia>.",
]

NEGATED = [
    "[Gliosis] was similar in <dementia> and controls.",
    "There was no difference in [gliosis] between patients with <dementia> and controls.",
    "[Gliosis] did not differ between <dementia> patients and healthy controls.",
    "No [gliosis] was found in <dementia>.",
    "No association between [gliosis] and <dementia> was found.",
    "[Gliosis] was unchanged in <dementia>.",
    "[Gliosis] was not observed in patients with <dementia>.",
    "<Dementia> is not associated with [gliosis].",
    "Neither [gliosis] nor stroke causes <dementia>.",
    "[Gliosis] failed to induce <dementia>.",
    "Patients with <dementia> showed no [gliosis].",
    "[Gliosis] was increased in stroke but not in <dementia>.",
    "[Gliosis] plays no role in <dementia>.",
    "There is no evidence for a role of [gliosis] in <dementia>.",
    "<Dementia> was not accompanied by [gliosis].",
    "In <dementia>, [gliosis] was not increased.",
    "[Gliosis] is unlikely to cause <dementia>.",
    "[Gliosis] was preserved in <dementia>.",
    "[Gliosis] did not correlate with <dementia> severity.",
    "Ablation of [microglia] had no effect on <seizures>.",
    "<Dementia> occurs without [gliosis].",
    "Lesions of the [amygdala] did not alter <seizures>.",
    "The [hippocampus] was spared in <dementia>.",
    "In contrast to stroke, [gliosis] was absent in <dementia>.",
    "Neuronal loss, but not [gliosis], was associated with <dementia>.",
    "[Gliosis] was associated with stroke, but not with <dementia>.",
    "[Gliosis] cannot explain <dementia>.",
    "There was no significant correlation between [gliosis] and <dementia> severity.",
    "The number of [neurons] was not significantly different between <dementia> and control brains.",
    "[Gliosis] is not required for <dementia>.",
    "<Dementia> did not affect the [hippocampus].",
    "<Dementia> is not caused by [gliosis] alone.",
    "No changes in [gliosis] were seen in <dementia>.",
    "Depletion of [microglia] did not prevent <dementia>.",
    "[Gliosis] had no influence on <dementia>.",
    "Patients with <dementia> did not show [gliosis].",
    "[Gliosis] was found in stroke but was absent in <dementia>.",
    "Our results argue against a role for [gliosis] in <dementia>.",
    "Mutant proteins do not impair [lysosomes], arguing against the involvement of this process in <dementia>.",
    "[Gliosis] was unrelated to the severity of <dementia>.",
    "<Dementia> occurs independently of [gliosis].",
    "Lack of association between [gliosis] and <dementia> in a large sample.",
    "Absence of [tau pathology] in <dementia>.",
    "<Dementia> is not a disease of [neurons] alone.",
    "Ablation of [microglia] neither delayed nor accelerated <dementia>.",
    "The [hippocampus] appeared normal in <dementia>.",
    "[Gliosis] alone is insufficient to cause <dementia>.",
    "[Plaques] were absent from the brains of patients with <dementia>.",
    "Patients with <dementia> lacked [gliosis].",
    "<Seizures> persisted in the absence of [neurons].",
    "The correlation of [gliosis] with <dementia> did not reach significance.",
    "[Gliosis] is neither a cause nor a consequence of <dementia>.",
    "It is unlikely that [gliosis] accounts for <dementia>.",
    "[Neurogenesis] was unaffected by <stroke>.",
    "We found that no correlation exists between <dementia> and [gliosis].",
    "Loss of cells was seen in the cortex of patients with <dementia> without change in the density of [neurons].",
    "Patients with <dementia> have the same number of [neurons] as controls.",
    "Neither the plaques nor the [gliosis] represent the basis of <dementia>.",
    "<Dementia> is not dependent upon [gliosis].",
    "There is no evidence to date indicating that [gliosis] is the basis of <dementia>.",
    "[Gliosis] does not distinguish <dementia> from controls.",
    "We did not find that [gliosis] is tied to <dementia>.",
]

ASSERTED = [
    "Lesions of the [amygdala] abolished <seizures>.",
    "Stimulation of the [amygdala] evoked <seizures>.",
    "[Gliosis] is increasingly recognized as a driver of <dementia>.",
    "Patients with <dementia> have fewer [neurons] than controls.",
    "Compared with controls, <dementia> patients had a smaller [hippocampus].",
    "The [hippocampus] is smaller in patients with <dementia> than in controls.",
    "Hyperactivity of the [hippocampus] in <dementia>.",
    "Evidence for [gliosis] in <dementia>.",
    "[Microglia] in <dementia> brains are activated.",
    "<Dementia> leads to the loss of [neurons].",
    "<Dementia>, a disease marked by [gliosis], is common.",
    "The [hippocampus] is among the first regions affected in <dementia>.",
    "The severity of <dementia> correlated with [gliosis].",
    "[Gliosis] was found to be associated with <dementia>.",
    "[Gliosis] has been linked to several diseases, such as stroke, epilepsy, and <dementia>.",
    "[Gliosis] is known to play a pivotal role in <dementia>.",
    "There is growing evidence that [gliosis] contributes to <dementia>.",
    "<Seizures> arise from the [hippocampus].",
    "The [amygdala] is the origin of <seizures>.",
    "<Dementia> results in widespread [gliosis].",
    "Degeneration of the [amygdala] occurs early in <dementia>.",
    "[Gliosis] is common in <dementia>.",
    "[Gliosis] is a key feature of many diseases of the brain, including stroke, epilepsy and <dementia>.",
    "Atrophy of the [hippocampus] predicts <dementia>.",
    "Reduced [hippocampal] volume is an early sign of <dementia>.",
    "[Hippocampal] volume was reduced in <dementia>.",
    "In <dementia>, the [hippocampus] shows marked atrophy.",
    "<Dementia> patients exhibited decreased activation of the [hippocampus].",
    "Here we show that [gliosis] drives <dementia> in mice.",
    "Our results demonstrate altered [hippocampal] activity in patients with <dementia>.",
    "The [hippocampus] of patients with <dementia> contained fewer neurons.",
    "The pathogenesis of <dementia> involves [gliosis].",
    "<Dementia> is a disorder of the [hippocampus].",
    "[Gliosis], a hallmark of <dementia>, may be treated.",
    "[Gliosis] precedes <dementia>.",
    "[Gliosis] increases the risk of <dementia>.",
    "Activation of [microglia] worsens <dementia>.",
    "Inhibition of [microglia] ameliorates <dementia>.",
    "<Dementia>, stroke and epilepsy are characterized by [gliosis].",
    "[Gliosis] was more severe in <dementia> than in controls.",
    "Among patients with <dementia>, [gliosis] was increased.",
    "[Gliosis] correlates with the severity of <dementia>.",
    "Both [gliosis] and stroke are risk factors for <dementia>.",
    "Because [gliosis] causes <dementia>, we measured it.",
    "We found that the [hippocampus] was smaller in <dementia>.",
    "[Gliosis] contributes to cognitive decline in <dementia>.",
    "The degree of [gliosis] was higher in <dementia> compared with controls.",
    "<Dementia>-related atrophy of the [hippocampus] was seen.",
    "An increase in [gliosis] was observed in <dementia>.",
    "Lack of [orexin] causes <narcolepsy>.",
    "Loss of [neurons] in <dementia> is not uniform.",
    "The mechanism of [gliosis], a hallmark of <dementia>, remains unknown.",
    "Tau forms [tangles], one of the primary hallmarks of <dementia>.",
    "Absence of [dopamine neurons] in <dementia>.",
    "The hypothesis that [gliosis] contributes to <dementia> is supported by many studies.",
    "Our data support the notion that [gliosis] is associated with <dementia>.",
    "<Dementia> can be rescued by [neurogenesis].",
    "<Dementia> is a disorder of memory, with [gliosis] appearing early.",
    "We report a patient with <dementia> in whom imaging showed atrophy of the [hippocampus].",
    "During <dementia>, [cholinergic deficits] occur early.",
    "[Dopaminergic cells] matter because the loss of these cells is a cause of <dementia>.",
    "The [hippocampus] shows altered activity in people with <dementia>.",
    "<Dementia> is a result of [gliosis].",
    "The majority of <dementia> cases have pathology characterized by [gliosis].",
]

NONE = [
    "Modulation of [gliosis] in <dementia>.",
    "[Gliosis] in <dementia>: a review.",
    "The role of [gliosis] in <dementia>.",
    "We studied [gliosis] in patients with <dementia>.",
    "We measured loss of [neurons] in patients with <dementia>.",
    "The drug reduced [gliosis] in <dementia> mice.",
    "Treatment with the drug attenuated [gliosis] and <dementia>.",
    "[Gliosis] is a therapeutic target for <dementia>.",
    "MRI of the [hippocampus] predicts response to treatment of <dementia>.",
    "A study of [gliosis] in <dementia> is lacking.",
    "Does [gliosis] cause <dementia>?",
    "Patients with stroke and [gliosis] but without <dementia> were included.",
    "The aim was to evaluate [gliosis] in <dementia>.",
    "[Hippocampal] neurons from <dementia> patients were cultured.",
    "Drugs that target [gliosis] are in trials for <dementia>.",
    "Diagnosis of <dementia> by imaging of the [hippocampus].",
    "We discuss the role of [gliosis] in <dementia>.",
    "Data on [gliosis], <dementia> and stroke were collected.",
    "Understanding [gliosis] in <dementia> is important.",
    "[Gliosis] in <dementia>.",
    "The effects of the drug on [gliosis] in <dementia> were examined.",
    "Deep brain stimulation of the [amygdala] improves <dementia>.",
    "Neurons have been implicated in [plasticity] underlying memory as well as in <dementia>.",
    "Overexpression of an enzyme in tissue of <glioma> and ageing in <dementia> is linked to [hypoxia].",
    "Under [hypoxia] the patients with <dementia> showed an increase in endorphin.",
    "The cause of [gliosis] in <dementia> is unknown.",
    "Whether treatment of [gliosis] slows <dementia> is unknown.",
]


@pytest.mark.parametrize("sentence", ASSERTED)
def test_statement_is_asserted(sentence: str) -> None:
    assert label(sentence) == "asserted"


@pytest.mark.parametrize("sentence", NEGATED)
def test_denial_is_negated(sentence: str) -> None:
    assert label(sentence) == "negated"


@pytest.mark.parametrize("sentence", SPECULATIVE)
def test_doubt_is_speculative(sentence: str) -> None:
    assert label(sentence) == "speculative"


@pytest.mark.parametrize("sentence", NONE)
def test_mere_mention_says_nothing(sentence: str) -> None:
    assert label(sentence) == "none"


@pytest.mark.parametrize(
    ("sentence", "direction"),
    [
        ("Inhibition of [microglia] prevents <dementia>.", "contributes_to"),
        ("Activation of [microglia] prevents <dementia>.", "protects_from"),
        ("Absence of the [receptor] lowers the threshold for <seizures>.", "contributes_to"),
        ("Loss of [neurons] after <stroke>.", "consequence_of"),
        ("<Stroke>-induced [gliosis] was marked.", "consequence_of"),
        ("<Dementia>-associated [gliosis] is common.", "unspecified"),
        ("[Gliosis]-induced <seizures> are rare.", "contributes_to"),
        ("The [organoids] are a reliable model of <dementia>.", "model_of"),
        ("<Dementia> is a disorder characterized by deficits induced by [gliosis].", "contributes_to"),
        ("Hallmarks of <dementia> include plaques, tangles, and [gliosis].", "affected_in"),
        ("Diseases characterized by [gliosis], such as <dementia>, are common.", "affected_in"),
        ("[Gliosis] is associated with and may contribute to <dementia>.", "unspecified"),
        ("Abnormal firing in the [amygdala] of the Xyz mouse: a model of <dementia>.", "affected_in"),
    ],
)
def test_direction_follows_the_words(sentence: str, direction: str) -> None:
    _, found = judged(sentence)
    assert found
    assert (found.polarity.value, found.direction) == ("asserted", direction)


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("[Gliosis] and atrophy cause <dementia> and stroke, respectively.", "asserted"),
        ("[Gliosis] and atrophy cause stroke and <dementia>, respectively.", "none"),
        ("Gliosis and [atrophy] cause stroke and <dementia>, respectively.", "asserted"),
    ],
)
def test_respectively_pairs_in_order(sentence: str, expected: str) -> None:
    assert label(sentence) == expected


@pytest.mark.parametrize(
    "sentence",
    [
        "The drug reduced <stroke>-induced [gliosis].",
        "The compound prevented the loss of [neurons] in <dementia>.",
        "The drug restored [LTP] in slices of <dementia> mice.",
        "Loss of [neurons] in <dementia> was prevented by the drug.",
        "[Channel] blockers reduce <seizures>.",
        "Apoptosis of [astrocytes] was increased in C6 <glioma> cells.",
        "The genes were associated with age after adjusting for [gliosis] and <dementia>.",
        "[Gliosis] was measured in adults without <dementia>.",
        "We present a dataset of [gliosis], which causes <dementia>.",
        "The drug, alone or with food, increased [microglial] recruitment in <dementia> mice.",
        "A state of <dementia> has been found with proteins of the [lesion].",
        "In Xyz <neuroblastoma> cells, [gliosis] was increased by the drug.",
        "Microglia with mutations that raise [gliosis] may mark cells; they were taken from <dementia> cohorts.",
        "<Dementia> is rare, and [gliosis] is lost in stroke.",
    ],
)
def test_what_others_do_claims_nothing_of_the_pair(sentence: str) -> None:
    assert label(sentence) == "none"


def test_species_is_the_sentences_own() -> None:
    _, found = judged("[Gliosis] was increased in 5xFAD mice with <dementia>.")
    assert found
    assert found.species == "mouse"


def test_every_member_of_a_long_row_gets_the_statement() -> None:
    names = [f"[thing{n}]" for n in range(60)]
    for wanted in (0, 30, 59):
        row = ", ".join(name if n == wanted else name.strip("[]") for n, name in enumerate(names))
        assert label(f"Lesions, {row}, and plaques contribute to <dementia>.") == "asserted"


def test_very_long_sentence_is_judged_in_time_that_grows_with_it() -> None:
    # Its words are looked at a bounded number of times; a hang would be caught by the suite's time limit.
    filler = "and the loss of cells in the brain of mice, which may not be reduced by it, " * 30
    assert label(f"[Gliosis] contributes to {filler} while <dementia> is common.") == "none"
