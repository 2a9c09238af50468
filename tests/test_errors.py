"""Errors say what, where and how to mend it, and survive a worker process."""

from __future__ import annotations

import errno
import inspect
import pickle

import pytest

from kg import errors
from kg.errors import KgError

TREE = [member for _, member in inspect.getmembers(errors, inspect.isclass) if issubclass(member, KgError)]


@pytest.mark.parametrize("error", TREE, ids=lambda error: error.__name__)
def test_errors_survive_pickling(error: type[KgError]) -> None:
    raised = error("the title is empty", "PMID:1: title", "leave the record out", field="title")
    copy = pickle.loads(pickle.dumps(raised))
    assert str(copy) == str(raised)
    assert copy.facts == {"field": "title"}


@pytest.mark.parametrize("error", TREE, ids=lambda error: error.__name__)
def test_every_error_stands_in_the_tree_of_the_docstring(error: type[KgError]) -> None:
    assert errors.__doc__ is not None
    assert error.__name__ in errors.__doc__


def test_an_error_without_a_place_or_a_mend_shows_only_the_fault() -> None:
    assert str(KgError("the disk is full")) == "the disk is full"


def test_a_file_whose_name_speaks_of_memory_is_no_lack_of_it() -> None:
    absent = FileNotFoundError(errno.ENOENT, "No such file or directory", "pages/out of memory.md")
    assert errors.out_of_memory(absent) is None
    assert errors.out_of_memory(OSError("x.so: failed to map segment from shared object")) is not None
