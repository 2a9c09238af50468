"""Builds: from a snapshot to tables, and the report on them."""
