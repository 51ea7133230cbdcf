"""How much of a molecule do its latents tell, and what does it take to store them?"""

import numpy as np

from molvae.evaluation.compression import bits_of, code_bits, rounded
from molvae.evaluation.information import (
    active_units,
    effective_dimension,
    information,
    kl_to_prior,
)
from molvae.studies.comparison.subjects import Row, Subject, told_of_each

#: Steps of rounding, as shares of the codes' spread, to see how coarse codes may be.
STEPS = (0.1, 0.25, 0.5, 1.0)


def reconstruction_rows(subject: Subject) -> list[Row]:
    """Exact reconstruction of unseen molecules from the mean and from one draw; nats, active units, bits."""
    smiles = subject.molecules.unseen
    exact, drawn = (
        np.array([a == b for a, b in zip(subject.model.decode(z), smiles, strict=True)], np.float64)
        for z in (subject.unseen[0], subject.unseen_draws)
    )
    means, spreads = subject.unseen
    family = subject.model.posterior_family
    found = information(means, spreads, subject.seed, family)
    return [
        {
            "arm": subject.label,
            **told_of_each("exact, mean", exact),
            **told_of_each("exact, one draw", drawn),
            "KL, nats": float(kl_to_prior(means, spreads, family).mean()),
            "mutual information, nats": found.mutual_information,
            "its ceiling": found.ceiling,
            "q(z) to the prior, nats": found.marginal_kl,
            "active units": active_units(means),
            "effective dimension": effective_dimension(means),
            "spread of codes": subject.scale.spread,
            "median distance of neighbors": subject.scale.neighbor_distance,
        }
    ]


def compression_rows(subject: Subject) -> list[Row]:
    """Bits a molecule of codes rounded to a step, and how many molecules still come back of them."""
    smiles = subject.molecules.unseen
    rows: list[Row] = []
    for share in STEPS:
        step = share * subject.scale.spread
        decoded = subject.model.decode(rounded(subject.unseen[0], step).astype(np.float32))
        exact = np.array([a == b for a, b in zip(decoded, smiles, strict=True)], np.float64)
        rows.append(
            {
                "arm": subject.label,
                "step, spreads": share,
                "bits": code_bits(subject.known[0], step),
                **told_of_each("exact", exact),
                "KL, bits": bits_of(
                    float(kl_to_prior(*subject.unseen, subject.model.posterior_family).mean())
                ),
            }
        )
    return rows


def implementation_rows(subject: Subject) -> list[Row]:
    """What an arm is made of and what its training took: where the arms differ in anything but results."""
    model = subject.model
    training = model.facts["run"]["training"]
    return [
        {
            "arm": subject.label,
            "bottleneck": model.bottleneck,
            "KL weight": training["kl_weight"],
            "tokens corrupted": training["corruption"],
            "weights": model.network.num_weights,
            "steps": model.facts["steps"],
            "seconds of training": model.facts["seconds"],
        }
    ]
