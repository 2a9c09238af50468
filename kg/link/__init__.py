"""The linker: from passages to mentions."""
