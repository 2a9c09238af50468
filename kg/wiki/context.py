"""What rules know beside the page: the vocabularies, the linker, and what PubMed says of the build's articles."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from kg.claims.publications import PublicationIndex
from kg.config import KgConfig
from kg.diagram.checked import CheckedTexts
from kg.link import Linker
from kg.ontology import Vocabulary, load_vocabulary

#: PubMed gives out 1.7 million numbers a year, and has 43 million of them.
_HIGHEST: Final = 50_000_000
_MARGIN: Final = 5_000_000


@dataclass
class LintContext:
    """What rules know beside the page.

    `titles` has PubMed's title of each PMID of the build; it is None where there is no build to ask.
    """

    vocabulary: Vocabulary
    linker: Linker
    checked: CheckedTexts
    titles: Mapping[str, str] | None = None

    @classmethod
    def load(cls, config: KgConfig, titles: Mapping[str, str] | None) -> LintContext:
        """Load what the settings name."""
        vocabulary = load_vocabulary(config)
        linker = Linker.from_vocabulary(vocabulary, config.link, cache_dir=config.cache_dir)
        return cls(vocabulary, linker, CheckedTexts(config.cache_dir), titles)

    @cached_property
    def highest_pmid(self) -> int:
        """The highest number that may be a PMID: in the range of today, or not far beyond the build's articles."""
        return max(_HIGHEST, max(map(int, filter(str.isdecimal, self.titles or ())), default=0) + _MARGIN)

    @cached_property
    def publications(self) -> PublicationIndex:
        """Tells peer-reviewed publications by their identifiers."""
        return PublicationIndex([])
