"""The arms of a study drawn: maps, samples, and molecules around, between and after noise, arm by arm."""

from collections.abc import Sequence

import numpy as np

from molvae.chem.drawing import outlines
from molvae.chem.notation import selfies_to_smiles
from molvae.evaluation.continuity import places_around, random_directions
from molvae.evaluation.denoising import corrupt_each
from molvae.evaluation.model_calls import denoiser_of
from molvae.evaluation.paths import line
from molvae.studies.comparison.classes import TextArray, labels_of
from molvae.studies.comparison.mending import symbols_of
from molvae.studies.comparison.study import Study
from molvae.studies.comparison.subjects import Molecules
from molvae.studies.latent_map import REACH, map_figure, projections, traversal
from molvae.studies.page.document import Section, figure_of, gallery_of, grid_of, legend_of

#: Molecules on a map, down and across a traversal, and on a path.
NUM_MAPPED, NUM_ROWS, NUM_COLUMNS, NUM_STEPS = 1_000, 3, 7, 8
#: Samples of each sampler.
NUM_SAMPLES = 6
#: Distances of a dial, in spreads of the codes, and directions.
DIAL, NUM_DIRECTIONS = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0, 1.2), 3
#: Molecules that are corrupted, of so many the first that noise harms; the share of their symbols; and
#: answers but for the first.
NUM_MENDED, NUM_TRIED, RATE, NUM_ANSWERS = 3, 50, 0.1, 4
#: Colors of classes, the largest first, and of all other molecules.
PALETTE = ("#2350c0", "#e08a1e", "#2b8a3e", "#c02323", "#7a4fc0", "#0f8b8d", "#b03a78", "#8a6d3b")
OTHER = "#ccd3da"


def maps(study: Study) -> Section:
    """A map of the same molecules for each arm, to be colored by property and by class."""
    molecules = study.shown[0].molecules
    smiles = molecules.unseen[:NUM_MAPPED]
    known = molecules.unseen_properties[:NUM_MAPPED]
    classes = _classes(molecules)
    colors = {"logP": known[:, 0], "QED": known[:, 1]} | {
        name: np.array([palette.get(label, OTHER) for label in labels])
        for name, (labels, palette) in classes.items()
    }
    pieces = []
    for subject in study.shown:
        figure = map_figure(projections(subject.unseen[0][:NUM_MAPPED], subject.seed), colors, smiles)
        figure.update_layout(title={"text": subject.label, "x": 0.98, "xanchor": "right"})
        pieces.append(figure_of(figure, [one.to_json() for one in outlines(smiles)], height=440))
    legends = [
        f"<h3>{name}</h3>{legend_of({**palette, 'others': OTHER})}" for name, (_, palette) in classes.items()
    ]
    text = (
        "The same unseen molecules where each arm puts them, none of which was told a class. Point at one to "
        "see it; the menus change the plane and the colors."
    )
    return Section("The latent spaces", text, [_side_by_side(pieces), *legends])


def _classes(molecules: Molecules) -> dict[str, tuple[TextArray, dict[str, str]]]:
    """Labels of the molecules on a map and a color for each of the largest classes, by their subject."""
    found = {}
    for name, (_, unseen) in labels_of(molecules).items():
        labels = unseen[:NUM_MAPPED]
        names, counts = np.unique(labels[labels != ""], return_counts=True)
        largest = names[np.argsort(-counts, kind="stable")].tolist()
        if name != "two scaffolds" and largest:
            found[name] = labels, dict(zip(largest, PALETTE, strict=False))
    return found


def samples(study: Study) -> list[str]:
    """What each sampler gave for each arm, junk and all."""
    pieces = []
    for (arm, sampler), smiles in study.samples.items():
        shown = list(smiles)[:NUM_SAMPLES]
        pieces.append(f"<h3>{arm}, {sampler}</h3>{gallery_of(shown, [''] * len(shown))}")
    return pieces


def dials(study: Study) -> list[str]:
    """One molecule of each arm and what is further and further from it, in some directions."""
    smiles = study.shown[0].molecules.unseen[0]
    pieces = [
        "<p>One unseen molecule, tinted, and what is decoded in three directions at "
        f"{', '.join(f'{share:g}' for share in DIAL[1:])} spreads of the codes.</p>"
    ]
    for subject in study.shown:
        unit = subject.scale.spread * np.sqrt(subject.model.latent_dim)
        directions = random_directions(NUM_DIRECTIONS, subject.model.latent_dim, subject.seed)
        center = np.repeat(subject.unseen[0][:1], NUM_DIRECTIONS, axis=0)
        by_share = subject.model.decode(
            np.concatenate(
                [places_around(center, directions, share * unit, subject.nearest) for share in DIAL]
            ).astype(np.float32)
        )
        rows = [by_share[row::NUM_DIRECTIONS] for row in range(NUM_DIRECTIONS)]
        pieces.append(f"<h3>{subject.label}</h3>{grid_of(rows, marked=[smiles])}")
    return pieces


def mended(study: Study) -> list[str]:
    """Some molecules, each corrupted, and what each arm takes them for."""
    molecules = study.shown[0].molecules
    tried = list(molecules.unseen[:NUM_TRIED])
    corrupted = corrupt_each(tried, RATE, symbols_of(molecules), molecules.seed)
    harmed = [
        (smiles, text)
        for smiles, text in zip(tried, corrupted, strict=True)
        if selfies_to_smiles(text) not in ("", smiles)
    ][:NUM_MENDED]
    pieces = [
        f"<p>Molecules, tinted; what is left of each with {RATE:.0%} of its symbols corrupted; the answer of "
        f"the mean of q(z|x), and {NUM_ANSWERS} answers of draws.</p>"
    ]
    for subject in study.shown:
        answers = denoiser_of(subject.model, NUM_ANSWERS, seed=subject.seed)([text for _, text in harmed])
        rows = [
            [smiles, selfies_to_smiles(text), *found]
            for (smiles, text), found in zip(harmed, answers, strict=True)
        ]
        pieces.append(f"<h3>{subject.label}</h3>{grid_of(rows, marked=[smiles for smiles, _ in harmed])}")
    return pieces


def traversals(study: Study) -> Section:
    """Pages around one molecule for each arm."""
    smiles = study.shown[0].molecules.unseen[0]
    pieces = []
    for subject in study.shown:
        codes = subject.unseen[0]
        rows = traversal(subject.model, codes[0], codes, NUM_COLUMNS, NUM_ROWS)
        pieces.append(f"<h3>{subject.label}</h3>{grid_of(rows, marked=[smiles])}")
    text = (
        "One unseen molecule, moved along the two principal axes of each latent space, by up to "
        f"{REACH:g} of the codes' spread; tinted where it is itself."
    )
    return Section("Traversals", text, pieces)


def paths(study: Study) -> list[str]:
    """The same pair of molecules joined in each latent space."""
    pieces = ["<p>Two unseen molecules, and equal steps on the straight line between their codes.</p>"]
    for subject in study.shown:
        start, end = subject.unseen[0][:2]
        decoded = subject.model.decode(line(start, end, NUM_STEPS))
        pieces.append(f"<h3>{subject.label}</h3>{grid_of([decoded])}")
    return pieces


def _side_by_side(pieces: Sequence[str]) -> str:
    return f'<div class="pairs">{"".join(f"<div>{piece}</div>" for piece in pieces)}</div>'
