"""Harvest the live sources: a polite HTTP session, a record store that never loses, a harvester per source."""
