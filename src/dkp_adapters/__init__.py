"""Adapters: they remember and act for the core, technology first (`sql`, `memory`), then the word of the context."""
