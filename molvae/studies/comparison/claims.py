"""What is commonly said of a VAE and an autoencoder, and what the tables of a study say to it.

An autoencoder is compared with one VAE: the one that gives back the nearest to as many molecules, as a dearer
KL divergence changes everything else at the price of those. Where the same molecules were measured in both,
the verdict is that of the interval of their difference, and of trainings' too where there are several;
where a share of some molecules was counted, that of the two shares' intervals. Of an FCD half of what it is
off is a difference, as less is no more like molecules to look at. A figure that is lacking makes none.
"""

import math
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import NamedTuple

import pandas as pd
from scipy.stats import t as student

from molvae.studies.comparison.arms import ARMS
from molvae.studies.comparison.sampling import FULL_GAUSSIAN, STANDARD_NORMAL
from molvae.studies.comparison.seeds import DIFFERENCES

BORNE_OUT, NO_DIFFERENCE, NOT_SO = "borne out", "no difference", "not so"
#: The least differences of bits and of an FCD's excess, as shares of the autoencoder's.
LEAST_OF_BITS, LEAST_OF_FCD = 0.1, 0.5
#: The least number of different answers that are several.
LEAST_ANSWERS = 1.5
#: How many standard errors of a share its 95 % interval reaches.
NORMAL_95 = 1.96
#: Radius and rate at which likeness and denoising are judged.
RADIUS, RATE = 1.0, 0.1
#: The step of a code as it is compressed, in spreads.
STEP = 0.5

Tables = Mapping[str, pd.DataFrame]


class Claim(NamedTuple):
    """What is said, and what became of it.

    Attributes:
        said: a sentence.
        verdict: `BORNE_OUT`, `NO_DIFFERENCE` or `NOT_SO`.
        shown: the numbers that it stands on, of every arm.
    """

    said: str
    verdict: str
    shown: str


class Pair(NamedTuple):
    """The labels of the two arms that are compared."""

    vae: str
    ae: str


def pair_of(tables: Tables) -> Pair | None:
    """The autoencoder, and the VAE that gives back the nearest to as many.

    None where there is no VAE of which the same molecules were measured after a training of the same seed,
    or where the autoencoder is not the first arm. The VAE that is to collapse is left out.
    """
    exact = tables["reconstruction"].set_index("arm")["exact, mean"]
    vaes = [arm.label for arm in ARMS.values() if arm.settings.get("bottleneck") == "gaussian"]
    ae = ARMS["ae"].label
    if exact.index[0] != ae or DIFFERENCES not in tables:
        return None
    compared = tables[DIFFERENCES].query("against == @ae")["arm"].unique()
    there = [label for label in vaes if label in compared and label != ARMS["vae-collapsed"].label]
    if not there:
        return None
    return Pair(min(there, key=lambda label: abs(exact[label] - exact[ae])), ae)


def claims(tables: Tables, num_midpoints: int) -> list[Claim]:
    """What is said of VAEs, claim by claim; nothing where there is no `pair_of` arms.

    Args:
        tables: those of a study, by name.
        num_midpoints: how many midpoints its shares are of.
    """
    pair = pair_of(tables)
    if pair is None:
        return []
    makers: tuple[Callable[[Tables, Pair], Claim | None], ...] = (
        _sampling,
        _gaussian,
        _exact,
        _compressed,
        _likeness,
        _smooth,
        _clusters,
        partial(_between_clusters, num_midpoints),
        _mended,
        _several,
    )
    found = [claim for maker in makers if (claim := maker(tables, pair)) is not None]
    return [*found, *_searches(tables, pair)]


def _sampling(tables: Tables, pair: Pair) -> Claim:
    made = _rows(tables["generation"], "sampler", STANDARD_NORMAL)
    floor = float(made["FCD of the floor"].min())
    excess = made["FCD"] - floor
    return Claim(
        "A VAE can be sampled from N(0, I), an autoencoder can't.",
        _by_share(excess[pair.vae], excess[pair.ae], LEAST_OF_FCD, higher=False),
        f"FCD of draws of N(0, I) to unseen molecules (lower is better; {floor:.2f} for molecules of the "
        f"training data): {listed(made['FCD'], '.1f')}. As the decoder wrote them stand "
        f"{listed(made['strict'], '.0%')}.",
    )


def _gaussian(tables: Tables, pair: Pair) -> Claim:
    matched = _rows(tables["prior match"], "sampler", STANDARD_NORMAL)
    fitted = _rows(tables["prior match"], "sampler", FULL_GAUSSIAN)
    apart, error = matched["told apart"], matched["its error"]
    return Claim(
        "The codes of a VAE are nearer to N(0, I) than those of an autoencoder.",
        _by_errors(apart[pair.vae], error[pair.vae], apart[pair.ae], error[pair.ae], higher=False),
        f"How often a classifier tells a code from a draw of N(0, I), half of the time by chance: "
        f"{listed(apart, '.0%')}. From a draw of a Gaussian fitted to the codes: "
        f"{listed(fitted['told apart'], '.0%')}.",
    )


def _exact(tables: Tables, pair: Pair) -> Claim:
    told = tables["reconstruction"].set_index("arm")
    return Claim(
        "An autoencoder gives back more molecules than a VAE.",
        _by_difference(tables, pair, "reconstruction: exact, mean", higher=False),
        f"Unseen molecules that come back exactly from the mean: {listed(told['exact, mean'], '.1%')}.",
    )


def _compressed(tables: Tables, pair: Pair) -> Claim:
    """At as many bits what comes back decides; else who takes fewer."""
    rounded = _rows(tables["compression"], "step, spreads", STEP)
    bits = rounded["bits"]
    verdict = _by_share(bits[pair.ae], bits[pair.vae], LEAST_OF_BITS, higher=False)
    if verdict == NO_DIFFERENCE:
        verdict = _by_difference(tables, pair, f"compression: exact, step, spreads {STEP}", higher=False)
    return Claim(
        "An autoencoder is the better compressor.",
        verdict,
        f"Bits a molecule (an upper bound) with codes rounded to {STEP:g} spreads: {listed(bits, '.0f')}; "
        f"so many come back: {listed(rounded['exact'], '.1%')}.",
    )


def _likeness(tables: Tables, pair: Pair) -> Claim:
    around = _rows(tables["continuity"], "radius, spreads", RADIUS)["Tanimoto"]
    figure = f"continuity: Tanimoto, radius, spreads {RADIUS}"
    return Claim(
        "Around a molecule a VAE decodes molecules like it.",
        _by_difference(tables, pair, figure, higher=True),
        f"Tanimoto similarity at a distance of {RADIUS:g} spread of the codes: {listed(around, '.2f')}.",
    )


def _smooth(tables: Tables, pair: Pair) -> Claim:
    paths = tables["interpolation"].set_index("arm")
    return Claim(
        "Along a line in the latent space of a VAE molecules change less from step to step.",
        _by_difference(tables, pair, "interpolation: mean jump", higher=False),
        "Mean jump (1 less the Tanimoto similarity) of ten steps between two molecules: "
        f"{listed(paths['mean jump'], '.2f')}. The largest: {listed(paths['largest jump'], '.2f')}. "
        f"Different ones of the eleven molecules: {listed(paths['num distinct'], '.1f')}.",
    )


def _clusters(tables: Tables, pair: Pair) -> Claim | None:
    if "land among their own" not in tables.get("two classes", ()):
        return None
    table = tables["two classes"].set_index("arm")
    landed = table["land among their own"]
    return Claim(
        "Classes that a model was not told of make better clusters in a VAE.",
        _by_counts(landed, pair, int(table["unseen molecules"][pair.vae])),
        "Unseen molecules of the two most common scaffolds that land among their own: "
        f"{listed(landed, '.0%')}. Widths of a cluster between the two: "
        f"{listed(table['distance, widths of a cluster'], '.1f')}.",
    )


def _between_clusters(num_midpoints: int, tables: Tables, pair: Pair) -> Claim | None:
    if "midpoints" not in tables:
        return None
    middles = _rows(tables["midpoints"], "midpoints", "between classes")
    strict = middles["strict"]
    return Claim(
        "Between the clusters of a VAE there are molecules, between those of an autoencoder junk.",
        _by_counts(strict, pair, num_midpoints),
        "Halfway between molecules of two scaffolds, what stands as the decoder wrote it: "
        f"{listed(strict, '.0%')}; mean QED {listed(middles['mean QED'], '.2f')}.",
    )


def _mended(tables: Tables, pair: Pair) -> Claim:
    mended = _rows(tables["denoising"], "rate", RATE)
    low, high = (float(mended[f"gain in Tanimoto {end}"][pair.vae]) for end in ("from", "to"))
    return Claim(
        "What a VAE makes of a noisy version of an input is nearer to the input.",
        _verdict(low, high, higher=True),
        f"With {RATE:.0%} of the symbols corrupted come back exactly: {listed(mended['exact'], '.1%')}; "
        f"corruption itself spares {mended['unchanged by the noise'][pair.vae]:.1%}. How much nearer "
        f"the answer is than what was given: {listed(mended['gain in Tanimoto'], '+.3f')}.",
    )


def _several(tables: Tables, pair: Pair) -> Claim:
    mended = _rows(tables["denoising"], "rate", RATE)
    among = next(name for name in mended if str(name).startswith("among "))
    answers = mended["different answers"]
    return Claim(
        "A VAE gives several answers where an autoencoder gives one.",
        BORNE_OUT if answers[pair.vae] > LEAST_ANSWERS else NOT_SO,
        f"Different ones of {str(among).removeprefix('among ')}: {listed(answers, '.1f')}; the molecule "
        f"is one of them: {listed(mended[among], '.1%')}, is the first: {listed(mended['exact'], '.1%')}.",
    )


def _searches(tables: Tables, pair: Pair) -> Iterator[Claim]:
    for objective, part in tables["optimization"].groupby("objective", sort=False):
        scores = part.set_index("arm")["best ten"]
        figure = f"optimization: best ten, objective {objective}"
        yield Claim(
            f"A search in the latent space of a VAE finds better molecules ({objective}).",
            _by_difference(tables, pair, figure, higher=True),
            f"Mean score of the best ten of {part['calls'].iloc[0]:.0f} calls: {listed(scores, '.3f')}; of "
            f"as many molecules of the data {part['best ten of the data'].mean():.3f}.",
        )


def _by_difference(tables: Tables, pair: Pair, figure: str, *, higher: bool) -> str:
    """The verdict on "the VAE's is higher", or lower, by the interval of the difference.

    After several trainings it must leave out 0 over those too, by Student's t of their differences.
    """
    table = tables[DIFFERENCES]
    is_it = (table["arm"] == pair.vae) & (table["against"] == pair.ae) & (table["figure"] == figure)
    row = table[is_it].iloc[0]
    low, high = float(row["difference from"]), float(row["difference to"])
    if row.get("seeds", 1) > 1:
        error = row["difference sd"] / math.sqrt(row["seeds"])
        reach = float(student.ppf(0.975, row["seeds"] - 1)) * error
        low, high = min(low, row["difference"] - reach), max(high, row["difference"] + reach)
    return _verdict(low, high, higher=higher)


def _by_errors(vae: float, vae_error: float, ae: float, ae_error: float, *, higher: bool) -> str:
    """The same of two figures with standard errors."""
    reach = NORMAL_95 * math.hypot(vae_error, ae_error)
    return _verdict(vae - ae - reach, vae - ae + reach, higher=higher)


def _by_counts(shares: "pd.Series[float]", pair: Pair, count: int) -> str:
    """The verdict on "the VAE's is higher", of shares of as many molecules each."""
    vae, ae = float(shares[pair.vae]), float(shares[pair.ae])
    errors = [math.sqrt(share * (1 - share) / count) for share in (vae, ae)]
    return _by_errors(vae, errors[0], ae, errors[1], higher=True)


def _by_share(vae: float, ae: float, least: float, *, higher: bool) -> str:
    """The same of two positive figures of which nothing else is known."""
    reach = least * ae
    return _verdict(vae - ae - reach, vae - ae + reach, higher=higher)


def _verdict(low: float, high: float, *, higher: bool) -> str:
    if low > 0:
        return BORNE_OUT if higher else NOT_SO
    if high < 0:
        return NOT_SO if higher else BORNE_OUT
    return NO_DIFFERENCE


def _rows(table: pd.DataFrame, column: str, value: float | str) -> pd.DataFrame:
    """The rows of a table in which a column has a value, by arm."""
    return table[table[column] == value].set_index("arm")


def listed(values: "pd.Series[float]", form: str) -> str:
    """Each arm with its value.

    >>> listed(pd.Series({"AE": 0.25, "VAE": 1.0}), ".0%")
    'AE 25%; VAE 100%'
    """
    return "; ".join(f"{arm} {format(value, form)}" for arm, value in values.items())
