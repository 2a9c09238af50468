"""The graph: claims assembled into nodes and edges, and the tables of a build."""
