"""Claims: from records and mentions to what may be said, with the evidence for it."""
