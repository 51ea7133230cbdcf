"""What reads molecules and measures them; it never changes them.

A list of SMILES becomes a `Sample`; a reference set becomes `ReferenceStatistics`, kept in the cache folder;
`distribution` measures a sample by itself, `reference.compare` beside a reference, and `report` makes tables.
"""
