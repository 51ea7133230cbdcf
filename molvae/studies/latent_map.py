"""Codes in, a plane out: their principal axes, and neighbors kept together, as a figure to point at."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from molvae.evaluation.scales import latent_spread
from molvae.evaluation.traversals import page, principal_axes
from molvae.generation.latent_model import MoleculeModel
from molvae.interfaces import FloatArray

#: Neighbors that t-SNE keeps together, at most a third of the molecules.
PERPLEXITY = 30.0
#: Pixels from the left of a menu to that of the next.
MENU_WIDTH = 125
#: How far a traversal goes along each principal axis, as a share of the codes' spread.
REACH = 0.6


def projections(latents: FloatArray, seed: int) -> dict[str, FloatArray]:
    """Codes `(N, L)` on planes `(N, 2)`: by their principal axes, and by t-SNE (where there are enough).

    Source: van der Maaten & Hinton 2008 (JMLR 9, 2579).
    """
    from sklearn.manifold import TSNE

    found = {"principal axes": (latents - latents.mean(axis=0)) @ principal_axes(latents, 2)[0].T}
    if len(latents) >= 10:
        perplexity = min(PERPLEXITY, (len(latents) - 1) / 3)
        found["t-SNE"] = TSNE(random_state=seed, perplexity=perplexity, init="pca").fit_transform(latents)
    return found


def map_figure(
    planes: Mapping[str, FloatArray], colors: Mapping[str, npt.ArrayLike], labels: Sequence[str]
) -> Any:
    """A plotly figure of points, with a menu for the plane and one for the color.

    Args:
        planes: by name, `(N, 2)` each.
        colors: by name, `(N,)` numbers each, or colors as CSS names them.
        labels: `N` texts, one a point; point `i` carries the number `i` for its outline.
    """
    import plotly.graph_objects as go

    first_plane, first_color = next(iter(planes.values())), next(iter(colors))
    marker = {
        "color": np.asarray(colors[first_color]),
        "size": 6,
        "opacity": 0.8,
        "colorscale": "Viridis",
        "colorbar": {"thickness": 10},
    }
    points = go.Scatter(
        x=first_plane[:, 0],
        y=first_plane[:, 1],
        mode="markers",
        marker=marker,
        text=list(labels),
        customdata=list(range(len(labels))),
        hoverinfo="none",
    )
    menus = [
        _menu(
            0,
            [
                (name, {"x": [plane[:, 0].tolist()], "y": [plane[:, 1].tolist()]})
                for name, plane in planes.items()
            ],
        ),
        _menu(
            MENU_WIDTH,
            [(name, _colored(np.asarray(values))) for name, values in colors.items()],
        ),
    ]
    figure = go.Figure(points)
    figure.update_layout(
        template="plotly_white",
        margin={"l": 20, "r": 10, "t": 50, "b": 20},
        updatemenus=menus,
        xaxis={"showticklabels": False, "zeroline": False},
        yaxis={"showticklabels": False, "zeroline": False},
    )
    return figure


def traversal(
    model: MoleculeModel, center: FloatArray, codes: FloatArray, num_columns: int, num_rows: int
) -> list[list[str]]:
    """What a code `(L,)` decodes to when it is moved along the two principal axes of codes `(N, L)`.

    By up to `REACH` of their spread each; on their sphere, for a model whose codes lie on one.

    Returns:
        SMILES in rows and columns, "" for no molecule; the code itself is in the middle.
    """
    across, down = principal_axes(codes, 2)[0] * latent_spread(codes) * np.sqrt(model.latent_dim) * REACH
    places = page(center, across, down, num_columns, num_rows).reshape(-1, model.latent_dim)
    if model.is_told_levels:
        places = places * np.sqrt(model.latent_dim) / np.linalg.norm(places, axis=1, keepdims=True)
    decoded = model.decode(places)
    return [decoded[row * num_columns : (row + 1) * num_columns] for row in range(num_rows)]


def _colored(values: npt.NDArray[Any]) -> dict[str, Any]:
    """What a choice of colors changes; colors that are no numbers have no scale."""
    return {"marker.color": [values.tolist()], "marker.showscale": [values.dtype.kind != "U"]}


def _menu(left: int, choices: Sequence[tuple[str, dict[str, Any]]]) -> dict[str, Any]:
    buttons = [{"label": name, "method": "restyle", "args": [change]} for name, change in choices]
    return {"buttons": buttons, "x": 0, "y": 1.14, "xanchor": "left", "yanchor": "top", "pad": {"l": left}}
