"""The vocabulary of the claims' tests."""

from __future__ import annotations

import pytest
from claim_helpers import TERMS

from kg.ontology.vocabulary import Vocabulary


@pytest.fixture(scope="session")
def vocabulary() -> Vocabulary:
    return Vocabulary.from_terms(TERMS)
