"""Sample molecules from a model that comes with molvae, fine-tune it on a table, and improve some: offline.

Without a FILE the table is the one that comes with molvae, of which the model knows most molecules: a show of
the commands. With a FILE of your own the model learns your molecules.
"""

import argparse
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from molvae.commands.tables import in_columns
from molvae.data.cache import cache_folder
from molvae.data.shipped import shipped_csv
from molvae.errors import SettingsError
from molvae.settings import add_flags, gather
from molvae.studies.optimize_run import PAGE_FILE
from molvae.studies.quickstart import (
    METRICS,
    MODEL,
    MOLECULES,
    SEARCHES,
    TUNED_MOLECULES,
    QuickstartPlan,
    quickstart,
)

#: The columns of the table that comes with molvae.
SHIPPED_PROPERTIES = ("logP", "QED", "SA")


@dataclass(frozen=True, kw_only=True)
class QuickstartSettings:
    """What is learned, and how long it takes."""

    properties: tuple[str, ...] = field(
        default=(), metadata={"help": "a column of FILE for the head; may be given again", "flag": "property"}
    )
    minutes: float = field(default=1.0, metadata={"help": "minutes of fine-tuning"})
    seed: int = field(default=0, metadata={"help": "seed of all that is random"})

    def __post_init__(self) -> None:
        if self.minutes <= 0:
            raise SettingsError(f'minutes is "{self.minutes}"; it must be above 0')
        if self.seed < 0:
            raise SettingsError(f'seed is "{self.seed}"; it must not be negative')


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the table, the folder and the time."""
    parser.add_argument(
        "file", type=Path, nargs="?", metavar="FILE", help="a table of SMILES; else the one of molvae"
    )
    parser.add_argument(
        "--out", type=Path, default=Path("molvae-quickstart"), metavar="DIR", help="folder for everything"
    )
    add_flags(parser, QuickstartSettings)


def run(arguments: argparse.Namespace) -> None:
    """Does it all, and prints the figures, where things are and what to try next."""
    settings: QuickstartSettings
    (settings,) = gather((QuickstartSettings,), arguments.table, vars(arguments), arguments.table_where)
    out: Path = arguments.out
    is_own = arguments.file is not None
    plan = QuickstartPlan(
        file=arguments.file if is_own else shipped_csv(),
        out=out,
        cache=cache_folder(),
        properties=settings.properties or (() if is_own else SHIPPED_PROPERTIES),
        minutes=settings.minutes,
        seed=settings.seed,
    )
    figures = quickstart(plan)
    print()
    print(in_columns(pd.DataFrame(figures)))
    print()
    places = {
        "molecules from the model as it comes": MOLECULES,
        "the fine-tuned model": MODEL,
        "molecules sampled from it": TUNED_MOLECULES,
        "this table": METRICS,
    }
    places |= {f"molecules with better {name}": f"optimize-{name}" for name in SEARCHES}
    places |= {f"a page about the search for {name}": f"optimize-{name}/{PAGE_FILE}" for name in SEARCHES}
    for what, name in places.items():
        print(f"{what:<36}  {out / name}")
    print()
    print("next:")
    print(f"  molvae sample {plan.base} -n 1000 --out new.csv")
    print(f'  molvae neighbors {plan.base} "CC(=O)Nc1ccc(OC)cc1" --similarity 0.6')
    print(f"  molvae train YOUR.csv --out my_model --base-model {plan.base} --property YOUR_COLUMN")
