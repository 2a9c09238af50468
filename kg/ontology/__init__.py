"""Vocabularies: read them, pin them, pull them, look terms up."""

from kg.ontology.load import load_vocabulary
from kg.ontology.vocabulary import Vocabulary, infores_of

__all__ = ["Vocabulary", "infores_of", "load_vocabulary"]
