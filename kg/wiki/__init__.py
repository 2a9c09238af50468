"""Wiki pages: keep their diagrams up to date, and find what is wrong with them."""
