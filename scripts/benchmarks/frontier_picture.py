"""The picture of `frontier.py`: FCD against exact reconstruction, beside what is published."""

import importlib.util
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

#: Exact reconstruction of test molecules from one draw of the posterior, and FCD of greedy samples to the
#: MOSES test set: DD-VAE, a GRU of 2 x 512 units and 64 latents. Read off the figure, each within .02.
#: Source: Polykovskiy & Vetrov 2020 (arXiv 2003.02174), the figure for MOSES.
DD_VAE = ((0.70, 0.21), (0.80, 0.34), (0.85, 0.48), (0.90, 0.76), (0.95, 1.20))
#: FCD of 30,000 samples to the MOSES test set: models that give nothing back, or it is not published of them.
#: Source: Polykovskiy et al., Front. Pharmacol. 11 (2020) 565644 ("MOSES").
MOSES_MODELS = {"CharRNN": 0.073, "VAE": 0.099, "LatentGAN": 0.297, "JT-VAE": 0.395, "AAE": 0.556}


def check_library() -> None:
    """Makes sure, before anything is measured, that there can be a picture.

    Raises:
        ModuleNotFoundError: matplotlib is not installed.
    """
    if importlib.util.find_spec("matplotlib") is None:
        raise ModuleNotFoundError(
            'the picture needs matplotlib, which is not installed: pip install ".[benchmarks]", or give '
            "--no-picture"
        )


def draw_picture(lines: Sequence[Mapping[str, Any]], path: Path) -> None:
    """Draws the lines of results.csv into an SVG: an open marker from the mean, a full one from a draw.

    Raises:
        ModuleNotFoundError: matplotlib is not installed.
    """
    check_library()
    import matplotlib as mpl
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 6), layout="constrained")
    axes = figure.subplots()
    across = {f"{name} (MOSES)": fcd for name, fcd in MOSES_MODELS.items()}
    across["floor: training molecules"] = lines[0]["fcd_test_floor"]
    for name, fcd in across.items():
        axes.axhline(fcd, color="0.8", linewidth=1, zorder=0)
        axes.annotate(name, (0.01, fcd), color="0.4", fontsize=8, va="bottom")
    axes.plot(*zip(*DD_VAE, strict=True), color="0.4", marker=".", label="DD-VAE, from one draw (published)")
    for index, line in enumerate(lines):
        shares = [line["reconstruction_mean"], line["reconstruction_draw"]]
        color, fcd = f"C{index % 10}", line["fcd_test"]
        axes.plot(shares, [fcd, fcd], color=color, linewidth=1)
        axes.plot(shares[:1], [fcd], color=color, marker="o", fillstyle="none", linestyle="")
        axes.plot(shares[1:], [fcd], color=color, marker="o", linestyle="", label=_label(line))
    axes.set_yscale("log")
    axes.set_xlim(0, 1.01)
    axes.set_xlabel("exact reconstruction of test molecules (open: from the mean; full: from one draw)")
    axes.set_ylabel("FCD to the MOSES test set")
    axes.legend(fontsize=8)
    same_bytes: dict[Any, Any] = {"svg.hashsalt": "molvae", "svg.fonttype": "none"}
    with mpl.rc_context(same_bytes):
        figure.savefig(path, metadata={"Date": None})


def _label(line: Mapping[str, Any]) -> str:
    return f"{line['model']}, {line['prior']}, level {line['level']:g}, temperature {line['temperature']:g}"
