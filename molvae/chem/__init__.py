"""Molecules through RDKit, and their SELFIES notation; no torch."""
