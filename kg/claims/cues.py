"""Cue words of descriptions of datasets, compiled: what ``kg.claims.kinds`` reads a sentence with.

General English of methods sections; no cue names a dataset, a region or a disease. They are regular
expressions rather than lists because their order and what may stand between their words decide.
"""

from __future__ import annotations

import re
from typing import Final


def _compiled(*alternatives: str) -> re.Pattern[str]:
    return re.compile("|".join(alternatives), re.IGNORECASE)


#: "Here we", "this dataset", "were recorded": the sentence tells of the dataset itself.
OWN_WORK: Final = _compiled(
    r"\b(?:we|our|here)\b",
    r"\bin this (?:study|work|paper|data ?set|experiment|project)\b",
    r"\bth(?:is|ese) (?:study|work|data ?set|dandiset|data|repository|project|collection|experiments?|"
    r"recordings?|files?)\b",
    r"\bthe (?:data ?set|dandiset|data|recordings?|current \w+ project|experiments?) ",
    r"\bdata ?set (?:for|of|from|contain|includ)",
    r"\bdata (?:for|from|used|were|was|include)",
    r"\b(?:was|were|are) (?:simultaneously |acutely |chronically )?(?:record|imag|collect|acquir|"
    r"obtain|implant|perform|present)",
    r"\brecordings? (?:from|of|in|were|was)\b",
    r"\b(?:subjects|participants|patients|mice|rats|animals|monkeys|macaques) (?:were|performed|"
    r"watched|received)\b",
)

#: Words of taking data.
RECORDING: Final = _compiled(
    r"\brecord(?:ed|ings?|s)?\b",
    r"\bimag(?:ed|ing|es)\b",
    r"\b(?:electrodes?|probes?|neuropixels?|tetrodes?|arrays?|photometry|endoscop\w+|ophys|ecephys)\b",
    r"\b(?:patch|whole)[- ]?(?:clamp|cell|seq)\w*",
    r"\b(?:LFPs?|local field potentials?|i?EEG|ECoG|calcium|GCaMP\w*|two-photon|2-photon|multi-?unit|"
    r"single-?units?)\b",
    r"\b(?:implanted|fields?[- ]of[- ]view|slices?|sampled|measured)\b",
    r"\b(?:neurons?|cells?|activity|responses?|units|spik\w+) (?:in|of|from|within|across)\b",
)

BACKGROUND: Final = _compiled(
    r"\b(?:thought|believed|known|hypothesi[sz]ed|proposed|considered|assumed|speculat\w+) to\b",
    r"\b(?:extensive|previous|prior|earlier|past) (?:research|work|stud(?:y|ies)|reports?|findings)\b",
    r"\bstud(?:y|ies) (?:have|has|had|show|suggest)",
    r"\b(?:has|have) (?:long |been |motivated |led |generally |traditionally )",
    r"\b(?:it is|it has been|little is known|is (?:un)?known|remains? (?:un|poorly|to be)|"
    r"current evidence|recent evidence)\b",
    r"\bsuch as the work\b",
    r"\bdefining feature\b",
)

#: Data that somebody else has, or that is kept somewhere else.
ELSEWHERE: Final = _compiled(
    r"\boriginal version\b",
    r"\b(?:other|another|companion|separate|previous|earlier) (?:data ?sets?|dandisets?|recordings?|"
    r"versions?)\b",
    r"\bpreviously (?:published|reported|recorded|described|released)\b",
)

#: "temporal lobe epilepsy", "spinal cord injury": the region is part of a condition's name.
CONDITION_AFTER: Final = re.compile(
    r"^[-\s]+(?:epilep\w+|seizures?|sclerosis|strokes?|tumou?rs?|syndromes?|dementias?|injur(?:y|ies)|"
    r"disorders?|palsy|haemorrhages?|hemorrhages?)\b",
    re.IGNORECASE,
)

#: "whole-brain imaging", "across the brain", "a brain template".
WHOLE_BEFORE: Final = re.compile(
    r"\b(?:whole|entire|complete|intact|across the(?: \w+)?|throughout the(?: \w+)?)[-\s]+$", re.IGNORECASE
)
WHOLE_AFTER: Final = re.compile(r"^[-\s]+(?:wide|template|atlas|map|volume|slices?|sections?|tissue)\b", re.IGNORECASE)

#: Words that make what follows them the far end of a connection. A few words of a list may stand between.
FAR_END_BEFORE: Final = _compiled(
    r"\bproject(?:s|ed|ing|ions?|ors?)?(?: \w+ly)? (?:in)?to\b",
    r"\bprojection targets?\b",
    r"\binnervat(?:es?|ed|ing|ions? (?:of|to|from))\b",
    r"\b(?:inputs?|afferents?|feedback|drive|signals?) from\b",
    r"\b(?:outputs?|efferents?) (?:to|from)\b",
    r"\b(?:down|up)stream (?:of|from)\b",
    r"\b(?:synapses?|step|far|farthest)(?: \w+){0,2} (?:away |removed )?from\b",
    r"\b(?:retrograde\w*|retro-?AAV|AAV-?retro|retrobeads?)(?:[- ]\w+){0,5} (?:in|into|from|to)\b",
)
FAR_END_AFTER: Final = re.compile(
    r"^[- ](?:project(?:ing|ors?|ions?)|inputs?|afferents?|efferents?|terminals)\b", re.IGNORECASE
)

#: Words that make what follows them the place where something was done to the brain.
TREATED_BEFORE: Final = _compiled(
    r"\b(?:stimulat|inactivat|silenc|ablat|perturb|lesion|cool|suppress|activat|inhibit)(?:ion|ing|ed|"
    r"e|es|s)?(?: of| in| to)\b(?: the)?",
    r"\b(?:cooling|lesioning|silencing|inactivating|stimulating|perturbing|ablating)\b",
    r"\blesions?(?: of| in| to)\b",
    r"\b(?:required?s?|depend(?:s|ed|ent)? (?:up)?on|necessary|necessitat\w+)\b",
)
INJECTED_BEFORE: Final = _compiled(r"\b(?:micro)?(?:infus|inject)\w*(?: of)?(?: [\w-]+){0,3} (?:in|into|to|within)\b")
#: A vector or an indicator is put where the recording is made; a drug or a toxin need not be.
INDICATOR: Final = _compiled(r"\b(?:AAV\w*|virus\w*|viral|GCaMP\w*|indicators?|dyes?|vectors?|opsins?|sensors?)\b")
TREATED_AFTER: Final = re.compile(
    r"^[- ](?:lesion(?:s|ed)?|inactivation|silencing|infusions?|injections?|ablation|DBS|"
    r"(?:[\w-]+ ){0,2}(?:stimulation|stimul(?:i|us)|puffs?|deflections?))\b",
    re.IGNORECASE,
)

#: A new clause: what stands before it doesn't govern what stands behind it.
CLAUSE: Final = re.compile(r";|\b(?:while|whereas|although|but|because|which|that|where|when)\b|[.!?]\s", re.IGNORECASE)
#: Longest list of projection targets, in words, that one word still governs.
LIST_REACH: Final = 28
#: Longest way from such a word to a treated place.
PLACE_REACH: Final = 5

PEOPLE: Final = (
    r"(?:patients?|subjects?|participants?|individuals?|people|persons?|donors?|volunteers?|children|adults?|"
    r"mice|mouse|rats?|animals?|monkeys?|macaques?|primates?|NHPs?|models?|cohorts?|cases|brains?|"
    r"tissues?|slices?|"
    r"organoids?|neurons?|humans?|dogs?|pigs?|zebrafish|flies)"
)
SUBJECT_AFTER: Final = re.compile(rf"^(?:\s*\([^()]{{1,20}}\))?[-\s]+(?:[\w-]+\s+){{0,2}}?{PEOPLE}\b", re.IGNORECASE)
SUBJECT_BEFORE: Final = re.compile(
    rf"\b{PEOPLE}\s+(?:\([^()]*\)\s+)?(?:[\w-]+\s+){{0,2}}?"
    r"(?:with|having|of|affected by|suffering from|diagnosed with|living with|showing|exhibiting|"
    r"developing)\s+"
    r"(?:[\w-]+[\s,]+(?:and\s+|or\s+)?){0,5}$",
    re.IGNORECASE,
)
CLINICAL_BEFORE: Final = re.compile(
    r"\b(?:monitoring|monitored|treat(?:ment|ed)|surgery|surgical \w+|evaluat\w+|locali[sz]ation|"
    r"resection|implant\w+|"
    r"diagnos\w+|operat\w+)\s+(?:for|of|because of|due to)\s+(?:[\w-]+\s+){0,5}$",
    re.IGNORECASE,
)
CLINICAL_AFTER: Final = re.compile(r"^\s+(?:monitoring|surgery|evaluation|diagnosis|resection)\b", re.IGNORECASE)
CLINICAL_SUBJECT: Final = _compiled(
    r"\b(?:patients?|subjects?|participants?|implanted|recorded|underwent|undergoing|humans?)\b"
)
INDUCED_BEFORE: Final = re.compile(
    r"\b(?:induc(?:es?|ed|ing)|received|underwent|undergoing|subjected to|develop(?:s|ed|ing)?|"
    r"exhibit(?:s|ed|ing)?|"
    r"caus(?:es|ed|ing)|following|after|during)\s+(?:[\w-]+\s+){0,3}$",
    re.IGNORECASE,
)
INDUCED_AFTER: Final = re.compile(
    r"^s?\s+(?:was|were|are|is)\s+(?:\w+\s+)?(?:induced|evoked|elicited|recorded|provoked)\b", re.IGNORECASE
)
STUDY_VERB: Final = (
    r"(?:stud(?:y|ied|ies)|investigat\w+|examin\w+|assess\w*|characteri[sz]\w+|explor\w+|analy[sz]\w+|"
    r"measur\w+|record\w*|"
    r"imag(?:ed|ing)|compar\w+|test(?:ed|s|ing)?|model(?:s|ed|led|ing)?|monitor\w*|found|find|show\w*|"
    r"reveal\w*|observ\w+|"
    r"demonstrat\w+|report\w*|track\w*|quantif\w+|detect\w*|captur\w+|identif\w+|establish\w*|"
    r"collect\w*|present\w*|"
    r"contain\w*|includ\w+|modulat\w+|elicit\w*|induc\w+|evok\w+|driv\w+)"
)
STUDY_BEFORE: Final = re.compile(rf"\b(?P<verb>{STUDY_VERB})\b(?:\W+[\w’\'-]+){0, 10}\W*$", re.IGNORECASE)
ANY_STUDY: Final = re.compile(rf"\b{STUDY_VERB}\b", re.IGNORECASE)

#: A purpose, a hope or an example: it names a disease and studies none.
AIM: Final = _compiled(
    r"\b(?:implications?|relevan(?:t|ce)|insights?|towards?|help(?:s|ing)?|inform|understand\w*|"
    r"develop\w* (?:of )?(?:new |novel |targeted )?(?:therap|treat)\w+)\b",
    r"\b(?:may|might|could|can|will|would|potential\w*|future|promis\w+|hope\w*)\b",
    r"\b(?:such as|including|e\.g\.|like|for example|for instance)(?: \w+)?\s*,?\s*$",
    r"\b(?:risk (?:of|for)|thought|believed|hypothesi[sz]ed|known)\b",
    r"\b(?:institutes?|foundation|center|centre|hospital|association|society|initiative|department|"
    r"grant|funded|funding|supported by)\b",
)
INSTITUTION_AFTER: Final = re.compile(
    r"^['’]?s?\s+(?:(?:disease|research|disorders?|and|&|sciences?|aging|ageing|studies|\w+)\s+){0,3}?"
    r"(?:foundation|institute|cent(?:er|re)|hospital|association|society|initiative|clinic|consortium|"
    r"program(?:me)?|"
    r"department|unit|fund|trust|charity|network|alliance|council)\b",
    re.IGNORECASE,
)
INSTITUTION_BEFORE: Final = re.compile(
    r"\b(?:institutes?|foundation|cent(?:er|re)s?|hospital|association|society|departments?|division|"
    r"clinic|council|fund|consortium|"
    r"initiative|program(?:me)?|laborator(?:y|ies))\s+(?:for|of|on|"
    r"against)\s+(?:the\s+)?(?:\w+\s+(?:and\s+|of\s+)?){0,3}$",
    re.IGNORECASE,
)
FUNDING: Final = _compiled(
    r"\b(?:grants?|funded|funding|supported by|sponsor\w*|fellowship|award(?:ed|s)?|acknowledg\w+)\b"
)

NEGATED_BEFORE: Final = re.compile(
    r"(?:\bnon[- ]?|\bwithout\s+(?:any\s+|a\s+|known\s+|history of\s+|diagnosed\s+|signs of\s+|"
    r"evidence of\s+)*"
    r"|\bno\s+(?:known\s+|prior\s+|previous\s+|current\s+|personal\s+|family\s+)*(?:(?:history|signs?|"
    r"evidence|diagnosis|symptoms?|indication|presence|cases?)\s+(?:of|for)\s+)?"
    r"|\bnot\s+(?:diagnosed with|affected by|suffering from|have|having|show|a model of)\s+(?:any\s+|a\s+)?"
    r"|\bfree (?:of|from)\s+|\babsence of\s+|\bneither\s+|\bnor\s+|\bexclud\w+(?:\s+\w+){0,3}\s+"
    r"|\b(?:verified|checked|screened|ensured|tested|confirmed)\s+(?:if|whether|that|"
    r"for)\s+(?:\w+\s+){0,4})(?:[\w-]+,?\s+(?:and\s+|or\s+)?){0,3}$",
    re.IGNORECASE,
)
NEGATED_AFTER: Final = re.compile(
    r"^[- ]free\b|^\s+(?:was|were)\s+(?:excluded|ruled out|an exclusion)\b", re.IGNORECASE
)
BOTH: Final = re.compile(r"\bwith (?:and|or) without\s+$", re.IGNORECASE)
CONTROL_BEFORE: Final = re.compile(
    r"\b(?:controls?|control (?:subjects|participants|animals|group))\s+(?:for|of|in|"
    r"from)\s+(?:\w+\s+){0,4}$",
    re.IGNORECASE,
)
#: A group that was not treated says nothing against the one that was.
CONTROL_GROUP: Final = _compiled(r"\b(?:sham|control (?:group|cohort|animals|mice|rats|subjects)|littermates)\b")
CONTROL_AFTER: Final = re.compile(r"^[-\s]+(?:matched\s+)?controls?\b(?!\s+(?:and|or|versus|vs))", re.IGNORECASE)
