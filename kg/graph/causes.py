"""Why two builds differ where no record explains it: what their manifests say of code, vocabularies and settings.

source          a source failed: it has no record any more, or the caller knows that it failed
upstream        a record is new, changed or withdrawn, or another that it depends on is; axioms follow their terms
vocabulary      a term or a synonym came or went, an axiom or a curated table changed
configuration   the settings of linking changed, or a source is configured no more
linker          the code that reads and links changed, and links the same text otherwise
rules           the code or the tables that judge changed
"""

from __future__ import annotations

from typing import Final

from kg.graph.build_dir import Manifest
from kg.ontology.merge import CURATED

SOURCE, UPSTREAM, VOCABULARY, CONFIGURATION, LINKER, RULES = CAUSES = (
    "source",
    "upstream",
    "vocabulary",
    "configuration",
    "linker",
    "rules",
)
#: Curated tables that the linker doesn't read.
TABLES_OF_RULES: Final = ("relation_words.yaml", "shapes.ttl")


class Changes:
    """What changed between two manifests."""

    def __init__(self, old: Manifest, new: Manifest) -> None:
        def differs(part: str) -> bool:
            return old.code.get(part) != new.code.get(part)

        self.vocabulary = old.vocabulary != new.vocabulary
        self.configuration = old.configuration != new.configuration
        self.linker = differs("harvest") or differs("link")
        # Relation words and shapes, stop surfaces and scopes of regions are curated tables that no vocabulary holds.
        tables = sorted(
            name
            for name in {*old.curated_tables, *new.curated_tables}
            if old.curated_tables.get(name) != new.curated_tables.get(name)
        )
        is_told = bool(old.curated_tables and new.curated_tables)
        of_rules = [name for name in tables if name in TABLES_OF_RULES]
        self.of_linker = [name for name in tables if name not in TABLES_OF_RULES] if is_told else []
        is_other = bool(of_rules) if is_told else old.curated != new.curated and not self.vocabulary
        is_code = differs("claims") or differs("graph")
        self.rules = is_code or is_other
        code = ["the rules' code"] if is_code else []
        told = code + of_rules if is_told or not is_other else ["the rules' code or tables"]
        self._rules_told = f"{' and '.join(told)} changed"
        moved = {
            name
            for name in {*old.vocabularies, *new.vocabularies}
            if old.vocabularies.get(name) != new.vocabularies.get(name)
        }
        # Of the curated tables a reader wants to know which; their version is a hash.
        self.vocabularies = ", ".join(
            [
                f"{name} {old.vocabularies.get(name, 'absent')} → {new.vocabularies.get(name, 'absent')}"
                for name in sorted(moved)
                if name != CURATED or not self.of_linker
            ]
            + self.of_linker
        )

    def of_mention(self) -> tuple[str, str]:
        """Give the cause of a mention that came or went in a text that stayed."""
        if self.vocabulary or self.of_linker:
            return VOCABULARY, self.vocabularies or "curated terms changed"
        if self.configuration:
            return CONFIGURATION, "[link] changed"
        return (LINKER, "the linker's code changed") if self.linker else (UPSTREAM, "another record changed")

    def of_judgement(self) -> tuple[str, str]:
        """Give the cause of another judgement of the same text with the same mentions."""
        if self.rules:
            return RULES, self._rules_told
        if self.linker:
            return LINKER, "the readers' or the linker's code changed"
        if self.vocabulary or self.of_linker:
            return VOCABULARY, self.vocabularies or "curated terms changed"
        if self.configuration:
            return CONFIGURATION, "[link] changed"
        return UPSTREAM, "another record changed"
