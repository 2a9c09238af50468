"""The linker: from passages to mentions."""

from kg.link.lexicon import Lexicon, Row
from kg.link.linker import Linker
from kg.link.output import json_row, mentions_of_text, tsv_rows
from kg.link.sentences import split_sentences

__all__ = ["Lexicon", "Linker", "Row", "json_row", "mentions_of_text", "split_sentences", "tsv_rows"]
