"""Write a page about a model (its training, latent space, samples, what lies around molecules) or a search.

It is one HTML file that needs no network: open it in a browser. Of a search, the folder that optimize wrote,
it shows what was sought, every call, what was found and where that came from.
"""

import argparse
from pathlib import Path

from molvae.commands.opening import add_model
from molvae.commands.tables import add_out_flags, check_out, read_smiles
from molvae.data.shipped import shipped_csv
from molvae.generation.checks import check_from_zero
from molvae.generation.model_folder import load_model
from molvae.studies.model_report import ReportRequest, model_page
from molvae.studies.search_report import is_search, search_page
from molvae.whole_files import write_whole

ENDINGS = (".html",)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the model, the page, and the molecules to look at."""
    add_model(parser, also="; or the folder of a search that optimize wrote")
    add_out_flags(parser, ENDINGS, required=True)
    data_help = "molecules to map and to compare samples with; by itself those that come with molvae"
    parser.add_argument("--data", type=Path, metavar="FILE", help=data_help)
    molecule_help = "look around this one; may be given more than once"
    parser.add_argument("--molecule", action="append", default=[], metavar="SMILES", help=molecule_help)
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="seed of all that is random")


def run(arguments: argparse.Namespace) -> None:
    """Loads the model, looks into it, and writes the page."""
    check_from_zero("seed", arguments.seed)
    check_out(arguments.out, arguments.overwrite, ENDINGS)
    page = search_page(arguments.model) if is_search(arguments.model) else _page_of_model(arguments)
    write_whole({arguments.out: page.encode()}, remedy="free some space, or give another file")
    print(f"report: {arguments.out}")


def _page_of_model(arguments: argparse.Namespace) -> str:
    model = load_model(arguments.model)
    request = ReportRequest(
        title=arguments.model.name,
        data=read_smiles(arguments.data or shipped_csv()).smiles,
        chosen=arguments.molecule,
        metrics=arguments.model / "metrics.csv",
        seed=arguments.seed,
    )
    return model_page(model, request)
