"""Neo4j: a local server, a connection, publishing a build by its difference, verifying it, and the bulk import."""
