"""Is a corrupted molecule brought back: by one answer, by several, and by several copies together?"""

import numpy as np

from molvae.chem.notation import smiles_to_selfies, split_symbols
from molvae.evaluation.denoising import corrupt_each, measure_denoising
from molvae.evaluation.model_calls import combine_copies, denoiser_of
from molvae.studies.comparison.subjects import Molecules, Row, Subject, told_of_each

RATES = (0.0, 0.1, 0.2, 0.3)
#: Corrupted copies of a molecule that are combined, and molecules whose symbols are put in.
NUM_COPIES, NUM_SOURCES = 8, 500


def symbols_of(molecules: Molecules) -> list[str]:
    """The symbols of some molecules trained on, each as often as it occurs."""
    return [
        symbol for text in molecules.known[:NUM_SOURCES] for symbol in split_symbols(smiles_to_selfies(text))
    ]


def denoising_rows(subject: Subject) -> list[Row]:
    """What the mean of q(z|x) makes of corrupted molecules, the best of some draws, and copies together."""
    extent, symbols = subject.extent, symbols_of(subject.molecules)
    smiles = list(subject.molecules.unseen[: extent.num_denoised])
    mend = denoiser_of(subject.model, extent.num_answers, seed=subject.seed)
    rows: list[Row] = []
    for rate in RATES:
        found = measure_denoising(smiles, corrupt_each(smiles, rate, symbols, subject.seed), mend)
        copies = [corrupt_each(smiles, rate, symbols, subject.seed + copy) for copy in range(NUM_COPIES)]
        combined = combine_copies(subject.model, list(zip(*copies, strict=True)))
        together = np.array([a == b for a, b in zip(combined, smiles, strict=True)], np.float64)
        rows.append(
            {
                "arm": subject.label,
                "rate": rate,
                **told_of_each("exact", found.is_exact.astype(np.float64)),
                f"among {1 + extent.num_answers}": float(found.is_among.mean()),
                "unchanged by the noise": float(1 - found.is_changed.mean()),
                **told_of_each("gain in Tanimoto", found.gain),
                "gain of the best": float((found.best_similarity - found.unchanged_similarity).mean()),
                "different answers": float(found.num_distinct.mean()),
                f"{NUM_COPIES} copies together": float(together.mean()),
            }
        )
    return rows
