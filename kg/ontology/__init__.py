"""Vocabularies: read them, pin them, pull them, look terms up."""
