"""From a table of SMILES to what the network reads: reading, curation, splits, tokens; no torch."""
