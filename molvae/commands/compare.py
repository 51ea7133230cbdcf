"""Train a VAE and autoencoders on the same molecules, and measure what each is good for.

The first arm is trained for --minutes, the others for as many steps as that took, side by side; or all of
them for --steps. Out come a page to read, a table a question, and the model folders. With --models, models
that exist are measured as they are.
"""

import argparse
from pathlib import Path

from molvae.data.cache import cache_folder
from molvae.errors import SettingsError
from molvae.studies.comparison.arms import ARMS, QUICK_ARMS
from molvae.studies.comparison.class_file import ClassFile
from molvae.studies.comparison.request import MINUTES, CompareRequest, record_of
from molvae.studies.comparison.run import REPORT, compare
from molvae.studies.comparison.sampling import QUICK_SAMPLERS, SAMPLERS
from molvae.studies.comparison.subjects import QUICK, Extent

QUICK_MINUTES = 1.5
#: What suits some ten thousand molecules.
QUICK_TRAINING = {"num_merges": 60, "batch_size": 128, "augmentation": 4}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the data, the folder, and what is compared."""
    parser.add_argument("--data", type=Path, required=True, metavar="FILE", help="the table of SMILES")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="for all that comes of it")
    parser.add_argument(
        "--minutes", type=float, metavar="X", help=f"training of the first arm; {MINUTES:g} unless it is said"
    )
    steps_help = "training of every arm instead: what the first one had, to add arms on another machine"
    parser.add_argument("--steps", type=int, metavar="N", help=steps_help)
    arms_help = f"of {', '.join(ARMS)}; all of them unless it is said; with --resume, further ones"
    parser.add_argument("--arms", nargs="+", choices=list(ARMS), metavar="ARM", help=arms_help)
    parser.add_argument(
        "--models", nargs="+", type=Path, default=[], metavar="DIR", help="measure these instead, as they are"
    )
    quick_help = "four arms, two samplers, fewer molecules, 1.5 minutes an arm"
    parser.add_argument("--quick", action="store_true", help=quick_help)
    classes_help = "a table of SMILES with a class each, to see how each model places them"
    parser.add_argument("--classes", type=Path, metavar="FILE", help=classes_help)
    parser.add_argument("--class-column", metavar="NAME", help="its column of classes, of two values or more")
    threshold_help = "where that holds numbers: what divides them in two classes"
    parser.add_argument("--class-threshold", type=float, metavar="X", help=threshold_help)
    workers_help = "arms at a time; one a core by default, 0 for none but this process"
    parser.add_argument("--num-workers", type=int, metavar="N", help=workers_help)
    seeds_help = "train each of the arms once a seed; 0 unless it is said; with --resume, further ones"
    parser.add_argument("--seeds", "--seed", nargs="+", type=int, metavar="N", help=seeds_help)
    parser.add_argument("--resume", action="store_true", help="go on with the study in DIR")
    parser.add_argument("--overwrite", action="store_true", help="delete DIR first")


def run(arguments: argparse.Namespace) -> None:
    """Compares, and says where to read of it."""
    quick = arguments.quick
    kept = record_of(arguments.out) if arguments.resume else None
    is_given = arguments.minutes is not None or arguments.steps is not None or kept is not None
    request = CompareRequest(
        file=arguments.data,
        out=arguments.out,
        cache=cache_folder(),
        arms=tuple(arguments.arms or (kept.arms if kept else ()) or (QUICK_ARMS if quick else ARMS)),
        models=tuple(arguments.models),
        minutes=QUICK_MINUTES if quick and not is_given else arguments.minutes,
        steps=arguments.steps,
        num_workers=arguments.num_workers,
        classes=_classes(arguments),
        training=QUICK_TRAINING if quick else {},
        samplers=QUICK_SAMPLERS if quick else tuple(SAMPLERS),
        extent=QUICK if quick else Extent(),
        seeds=tuple(arguments.seeds) if arguments.seeds else None,
    )
    study = compare(request, resume=arguments.resume, overwrite=arguments.overwrite)
    for table in ("reconstruction", "generation"):
        print(f"{table}: {request.out / 'tables' / table}.csv")
    print(f"report: {request.out / REPORT} ({len(study.subjects)} models)")


def _classes(arguments: argparse.Namespace) -> ClassFile | None:
    path, column, threshold = arguments.classes, arguments.class_column, arguments.class_threshold
    if path is None and column is None and threshold is None:
        return None
    if path is None or column is None:
        raise SettingsError("classes are said by --classes FILE and --class-column NAME: give both")
    return ClassFile(path=path, column=column, threshold=threshold)
