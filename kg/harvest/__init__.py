"""Harvest: the bytes of DANDI, PubMed and the wiki, parsed to records."""
