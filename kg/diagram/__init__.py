"""Pathway diagrams: choose a subgraph, write Mermaid, check and render it."""
