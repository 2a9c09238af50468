"""Projections of a build: the embedded Cypher store and RDF."""
