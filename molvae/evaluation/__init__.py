"""What reads molecules and latents and measures them; it never changes them.

Molecules: a list of SMILES becomes a `Sample`; a reference set becomes `ReferenceStatistics`, kept in the
cache folder; `distribution` measures a sample by itself, `reference.compare` beside a reference, and `report`
makes tables.

Latent spaces, a file a question: what latents tell (`information`) and take to store (`compression`);
whether codes are like draws of a prior (`prior_match`, `coverage`); whether anything is between them
(`holes`, `paths`, `midpoints`); how far one finds what is alike (`continuity`) and what a direction changes
(`traversals`); whether classes lie together (`clusters`, `probes`, with `labels`); what of a property can
be read off (`landscape`, `roughness`); what comes back of a corrupted molecule (`denoising`). Distances are
in the units of `scales`, and `intervals` says how far a number can be trusted. They take arrays, SMILES and
plain functions; `model_calls` makes those of a model.
"""
