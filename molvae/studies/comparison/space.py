"""What lies near a molecule, between two, and how smoothly properties change?"""

import numpy as np

from molvae.evaluation.continuity import half_radius, similarity_by_radius
from molvae.evaluation.landscape import process_predictions, r_squared, ridge_predictions
from molvae.evaluation.paths import PathReport, describe_path, line
from molvae.evaluation.roughness import normalized_distances, roughness_index_xd
from molvae.studies.comparison.subjects import Row, Subject, told_of_each

#: Radii around a molecule, as shares of the codes' spread times sqrt(L), and directions at each.
RADII, NUM_DIRECTIONS = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8, 1.0, 1.3), 5
NUM_STEPS = 11
#: Molecules that a Gaussian process is fitted to, and that make a landscape, at most.
NUM_FITTED, NUM_LANDSCAPE = 1_000, 1_000
PROPERTIES = ("logP", "QED")
#: What is told of a path.
PATH_FIGURES = ("num_distinct", "largest_jump", "mean_jump", "detour", "strict_share")


def continuity_rows(subject: Subject) -> list[Row]:
    """Tanimoto similarity to a molecule by the distance from its code, and where half of it is lost."""
    count = subject.extent.num_around
    unit = subject.scale.spread * np.sqrt(subject.model.latent_dim)
    radii = [share * unit for share in RADII]
    found = similarity_by_radius(
        subject.molecules.unseen[:count],
        subject.unseen[0][:count],
        radii,
        subject.model.decode,
        num_directions=NUM_DIRECTIONS,
        seed=subject.seed,
        nearest=subject.nearest,
    )
    half = half_radius(radii, found)
    return [
        {
            "arm": subject.label,
            "radius, spreads": share,
            "radius, neighbors": radius / subject.scale.neighbor_distance,
            **told_of_each("Tanimoto", at_radius.mean(axis=1)),
            "r50, spreads": half / unit,
            "r50, neighbors": half / subject.scale.neighbor_distance,
        }
        for share, radius, at_radius in zip(RADII, radii, found, strict=True)
    ]


def interpolation_rows(subject: Subject) -> list[Row]:
    """What the straight lines between pairs of molecules decode to, the means over the pairs."""
    count = min(subject.extent.num_around, len(subject.molecules.unseen) // 2)
    reports: list[PathReport] = []
    for pair in range(count):
        ends = subject.unseen[0][2 * pair], subject.unseen[0][2 * pair + 1]
        checked = subject.model.decode_checked(line(*ends, NUM_STEPS))
        reports.append(describe_path(checked.smiles, checked.is_strict))
    row: Row = {"arm": subject.label, "pairs": count}
    for name in PATH_FIGURES:
        values = np.array([getattr(report, name) for report in reports], np.float64)
        if np.isfinite(values).any():
            row |= told_of_each(name.replace("_", " "), np.where(np.isfinite(values), values, np.nan))
    return [row]


def landscape_rows(subject: Subject) -> list[Row]:
    """What of a property can be read off latents of unseen molecules, and how rough its landscape is."""
    rows: list[Row] = []
    for column, name in enumerate(PROPERTIES):
        values, truth = (
            part[:, column]
            for part in (subject.molecules.known_properties, subject.molecules.unseen_properties)
        )
        ridge = ridge_predictions(subject.known[0], values, subject.unseen[0])
        process = process_predictions(
            subject.known[0][:NUM_FITTED], values[:NUM_FITTED], subject.unseen[0], subject.seed
        )
        distances = normalized_distances(subject.unseen[0][:NUM_LANDSCAPE])
        rows.append(
            {
                "arm": subject.label,
                "property": name,
                "R2, ridge": r_squared(truth, ridge),
                "R2, Gaussian process": r_squared(truth, process),
                "ROGI-XD": roughness_index_xd(distances, truth[:NUM_LANDSCAPE]),
            }
        )
    return rows
