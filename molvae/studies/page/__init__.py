"""A page that stands alone: sections of text, tables, figures and drawings in one HTML file, no network."""
