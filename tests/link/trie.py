"""A plain token trie: the oracle that the compiled automaton must equal."""

from __future__ import annotations

from collections.abc import Iterable


class Trie:
    def __init__(self, keys: Iterable[str]) -> None:
        self.root: dict = {}
        for number, key in enumerate(keys):
            node = self.root
            for token in key.split(" "):
                node = node.setdefault(token, {})
            node[None] = number

    def find(self, tokens: list[str]) -> set[tuple[int, int, int]]:
        found = set()
        for first in range(len(tokens)):
            node = self.root
            for last in range(first, len(tokens)):
                node = node.get(tokens[last])
                if node is None:
                    break
                if None in node:
                    found.add((first, last + 1, node[None]))
        return found
