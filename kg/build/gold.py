"""Scores on the bundled gold: a few sentences with what is right to find in them, read at every build.

They are no benchmark (``docs/benchmarks.md`` has those); they tell in a second that the linker or the rules
have become worse at what is plain.
"""

from __future__ import annotations

import json
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from kg.claims.biology import derive_biological_claims
from kg.claims.publications import PublicationIndex
from kg.config import sample_dir
from kg.errors import ConfigError
from kg.link import Linker
from kg.model import ArticleRecord, Passage, Receipt, Role, Source, Supported
from kg.ontology import Vocabulary


class GoldSentence(BaseModel):
    """A sentence, and what a careful reader finds in it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    text: str
    #: 'surface=CURIE' of each mention.
    mentions: tuple[str, ...] = ()
    #: 'subject PREDICATE object polarity' of each claim.
    claims: tuple[str, ...] = ()


def gold_path() -> Path:
    """Give the bundled gold."""
    return sample_dir() / "gold.jsonl"


def read_gold_sentences(path: Path) -> list[GoldSentence]:
    """Read gold, a JSON object a line.

    Raises
    ------
    ConfigError
        Naming the line that can't be read.
    """
    found = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        try:
            found.append(GoldSentence.model_validate(json.loads(line)))
        except (ValueError, ValidationError) as error:
            raise ConfigError(
                f"not a sentence of gold: {error}", f"{path}:{number}", "see data/gold.jsonl"
            ) from error
    return found


def score_gold(gold: list[GoldSentence], linker: Linker, vocabulary: Vocabulary) -> dict[str, float]:
    """Score what is found against gold.

    Returns
    -------
    dict
        ``mentions`` and ``claims``: F1 with three digits.
    """
    right = {"mentions": 0, "claims": 0}
    found = {"mentions": 0, "claims": 0}
    wanted = {"mentions": 0, "claims": 0}
    receipt = Receipt(source=Source.PUBMED, path="gold.jsonl", sha256="0" * 64, size_bytes=0)
    for number, sentence in enumerate(gold, start=1):
        curie = f"PMID:{number}"
        passage = Passage(record_id=curie, section="abstract", role=Role.ABSTRACT, text=sentence.text)
        record = ArticleRecord(id=curie, title="", receipt=receipt, passages=(passage,))
        mentions = linker.link(record.passages)
        derived = derive_biological_claims(record, mentions, vocabulary, PublicationIndex([record]))
        claims = {
            f"{item.claim.subject} {item.claim.predicate} {item.claim.object} {item.evidence.polarity}"
            for item in derived
            if isinstance(item, Supported)
        }
        for name, ours, theirs in (
            ("mentions", {f"{m.surface}={m.curie}" for m in mentions}, set(sentence.mentions)),
            ("claims", claims, set(sentence.claims)),
        ):
            right[name] += len(ours & theirs)
            found[name] += len(ours)
            wanted[name] += len(theirs)
    return {name: round(2 * right[name] / max(1, found[name] + wanted[name]), 3) for name in right}
