"""A model in, a page about it out: what it is, how it learned, what its latent space looks like.

Everything is drawn from the model and a table of molecules: the map shows some of these, samples are compared
with them, and the first two of them are looked around unless others are chosen.
"""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from molvae.chem.drawing import outlines
from molvae.data.bulk import properties_of
from molvae.errors import InputError
from molvae.generation.latent_model import MoleculeModel
from molvae.generation.sampling import draw_molecules
from molvae.interfaces import FloatArray
from molvae.studies.latent_map import REACH, map_figure, projections, traversal
from molvae.studies.model_facts import describe_model
from molvae.studies.page.document import Section, facts_of, figure_of, gallery_of, grid_of, page_of, table_of

#: Molecules on the map, samples compared with the data, and samples drawn.
NUM_MAPPED, NUM_SAMPLES, NUM_DRAWN = 2_000, 1_000, 24
PROPERTIES = ("logP", "QED", "SA", "MW", "num_rings")
NUM_NEIGHBORS, NUM_STEPS = 8, 8
#: How many molecules a traversal has down and across.
NUM_ROWS, NUM_COLUMNS = 5, 7
#: What the curves show of metrics.csv: the column, and its name on the page.
CURVES = {
    "reconstruction": "held-out molecules that come back",
    "reconstruction_loss": "reconstruction loss, nats",
    "kl_divergence": "KL divergence, nats",
    "nll_rise": "what another's latents cost, nats",
}


@dataclass(frozen=True, kw_only=True)
class ReportRequest:
    """What a page is to be about.

    Attributes:
        title: the model's name.
        data: SMILES to map and to compare with.
        chosen: SMILES to look around; of none the first two of the data.
        metrics: the run's `metrics.csv`, if there is one.
        seed: of all that is random.
    """

    title: str
    data: Sequence[str]
    chosen: Sequence[str] = ()
    metrics: Path | None = None
    seed: int = 0


def model_page(model: MoleculeModel, request: ReportRequest) -> str:
    """The HTML of the page.

    Raises:
        InputError: the model can read fewer than ten molecules of the data.
        MoleculeError: it can't read one of the chosen ones.
    """
    drawn = np.random.default_rng(request.seed).permutation(len(request.data))[:NUM_MAPPED]
    readable = model.readable([request.data[place] for place in np.sort(drawn)])
    if len(readable.smiles) < 10:
        raise InputError(
            f"the model can read {len(readable.smiles)} of the {len(drawn)} molecules to be mapped; it takes "
            "10 at least: give molecules like those that it was trained on"
        )
    codes = model.posterior_of(readable.arrays)[0]
    known = properties_of(readable.smiles, PROPERTIES)
    sample = draw_molecules(model, NUM_SAMPLES, seed=request.seed)
    chosen = model.all_readable(list(request.chosen) or readable.smiles[:2]).smiles
    sections = [
        Section("What it is", "", [facts_of(describe_model(model))]),
        *_training(request.metrics),
        _map(readable.smiles, codes, known, request.seed),
        _samples(model, sample.smiles),
        _properties(known, sample.smiles),
        *(_around(model, smiles, codes, request.seed) for smiles in chosen),
        *_between(model, chosen),
    ]
    lead = (
        f"A look into {request.title}: {len(readable.smiles):,} molecules of the data on a map, "
        f"{len(sample.smiles):,} samples of its prior, and what lies around {len(chosen)} molecules."
    )
    return page_of(request.title, lead, sections)


def _training(metrics: Path | None) -> list[Section]:
    """The curves of a run; none where there is no record of it."""
    if metrics is None or not metrics.is_file():
        return []
    with metrics.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    if not rows:
        return []
    curves = {name: [float(row[column]) for row in rows] for column, name in CURVES.items()}
    curves = {name: values for name, values in curves.items() if any(values)}
    figure = _subplots(list(curves))
    for place, values in enumerate(curves.values()):
        _add_line(figure, place, [int(row["step"]) for row in rows], values)
    text = "Measured on molecules held out, over the steps of the training."
    return [Section("How it learned", text, [figure_of(figure, height=520)])]


def _map(smiles: Sequence[str], codes: FloatArray, known: FloatArray, seed: int) -> Section:
    colors = {name: known[:, column] for column, name in enumerate(PROPERTIES)}
    figure = map_figure(projections(codes, seed), colors, smiles)
    drawings = [one.to_json() for one in outlines(smiles)]
    text = (
        f"{len(smiles):,} molecules where the encoder puts them, each a point: point at one to see it. "
        "The menus choose the plane and the color."
    )
    return Section("The latent space", text, [figure_of(figure, drawings, height=600)])


def _samples(model: MoleculeModel, sample: Sequence[str]) -> Section:
    shown = list(dict.fromkeys(sample))[:NUM_DRAWN]
    is_known = model.training_keys.contains(shown)
    captions = ["in the training data" if known else "new" for known in is_known]
    text = f"The first {len(shown)} different draws of the prior ({model.default_prior}), junk and all."
    return Section("Samples", text, [gallery_of(shown, captions)])


def _properties(known: FloatArray, sample: Sequence[str]) -> Section:
    import plotly.graph_objects as go

    sampled = properties_of(sample, PROPERTIES)
    names = PROPERTIES[:4]
    figure = _subplots(list(names))
    for place in range(len(names)):
        both = np.concatenate([known[:, place], sampled[:, place]])
        low, high = float(np.nanmin(both)), float(np.nanmax(both))
        bins = {"start": low, "end": high, "size": max((high - low) / 40, 1e-9)}
        for label, values, color in (("data", known, "#9aa7b5"), ("samples", sampled, "#1f6f8b")):
            bars = go.Histogram(
                x=values[:, place],
                xbins=bins,
                histnorm="probability",
                name=label,
                legendgroup=label,
                showlegend=place == 0,
                marker_color=color,
                opacity=0.6,
            )
            figure.add_trace(bars, row=place // 2 + 1, col=place % 2 + 1)
    figure.update_layout(barmode="overlay", showlegend=True, legend={"orientation": "h", "y": -0.08})
    table = pd.DataFrame(
        {
            "property": PROPERTIES,
            "mean of the data": np.nanmean(known, axis=0),
            "mean of samples": np.nanmean(sampled, axis=0),
            "deviation, data": np.nanstd(known, axis=0),
            "deviation, samples": np.nanstd(sampled, axis=0),
        }
    )
    text = f"{len(sample):,} samples of the prior beside the molecules of the map."
    return Section("Properties", text, [figure_of(figure, height=520), table_of(table)])


def _around(model: MoleculeModel, smiles: str, codes: FloatArray, seed: int) -> Section:
    """Neighbors of a molecule, and a walk along the two main axes of the codes."""
    found = model.neighbors(smiles, NUM_NEIGHBORS, seed=seed)
    captions = ["the molecule", *(f"Tanimoto {likeness:.2f}" for likeness in found["tanimoto"])]
    cards = gallery_of([smiles, *found["smiles"]], captions)
    rows = traversal(model, model.encode([smiles])[0], codes, NUM_COLUMNS, NUM_ROWS)
    text = (
        "The molecule, what is found around it, and what its code decodes to when it is moved along the two "
        f"principal axes of the latent space, by up to {REACH:g} of the codes' spread each; tinted where it "
        "is itself."
    )
    return Section(f"Around {smiles}", text, [cards, grid_of(rows, marked=[smiles])])


def _between(model: MoleculeModel, chosen: Sequence[str]) -> list[Section]:
    if len(chosen) < 2:
        return []
    path = model.interpolate(chosen[0], chosen[1], NUM_STEPS)
    captions = [f"{share:.0%}" for share in path["share"]]
    text = "Equal steps on the straight line between the codes of the first two molecules."
    return [Section("Between two molecules", text, [gallery_of(path["smiles"].tolist(), captions)])]


def _subplots(titles: Sequence[str]) -> Any:
    """A figure of two by two."""
    from plotly.subplots import make_subplots

    figure = make_subplots(rows=2, cols=2, subplot_titles=titles, vertical_spacing=0.14)
    figure.update_layout(
        template="plotly_white", showlegend=False, margin={"l": 40, "r": 10, "t": 40, "b": 30}
    )
    return figure


def _add_line(figure: Any, place: int, x: Sequence[float], y: Sequence[float]) -> None:
    import plotly.graph_objects as go

    line = go.Scatter(x=x, y=y, mode="lines", line={"color": "#1f6f8b"})
    figure.add_trace(line, row=place // 2 + 1, col=place % 2 + 1)
