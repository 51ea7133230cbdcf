"""Any table of SMILES to a curated table and a ledger: each row is kept, or dropped for a stated reason.

A row's text is read, cut down to its largest fragment, perhaps neutralized, checked for its elements, written
as canonical SMILES, then as SELFIES, and compared with what that decodes to. The first row of each
molecule is kept; later rows of the same one are duplicates, and their measured values are merged with
the first one's: the median for a regression, the majority for yes/no (a tie becomes missing).
"""

import hashlib
import json
import logging
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path

from molvae.chem.molecules import quotable
from molvae.chem.notation import constraints_in_force
from molvae.data.bulk import screen_chunks
from molvae.data.cache import remove_stale_parts
from molvae.data.curated import SUMMARY_NAME, Curated, load_curated, write_summary
from molvae.data.download import sha256_of
from molvae.data.intake import Intake
from molvae.data.reading import Table, matching_column, open_table
from molvae.data.screening import CurationSettings
from molvae.data.values import KINDS, Kind, KindSurvey, UnreadableValueError, read_value
from molvae.errors import InputError, MolvaeError, SettingsError
from molvae.progress import Progress

__all__ = ["Curated", "CurationSettings", "curate"]

logger = logging.getLogger(__name__)

#: Raised by one whenever the same file and settings would give another curated table.
FORMAT_VERSION = 3


def curate(
    path: str | Path,
    cache_dir: str | Path,
    settings: CurationSettings | None = None,
    smiles_column: str | None = None,
    property_columns: Sequence[str] = (),
    property_kinds: Mapping[str, Kind] | None = None,
    num_workers: int | None = None,
) -> Curated:
    """The curated table of a file, from the cache where neither file nor settings have changed.

    Args:
        path: a file that `molvae.data.reading.open_table` reads.
        cache_dir: the folder that holds curated tables; made if it isn't there.
        settings: what a molecule must be like; None for the defaults.
        smiles_column: its SMILES column, None to find it.
        property_columns: columns with measured values to keep.
        property_kinds: kinds of property columns, by name, that are not to be found from their cells.
        num_workers: processes beside this one, None for one a core, 0 for none.

    Raises:
        MissingFileError: there is no such file.
        InputError: the file can't be read, lacks a column, has a property column without a value, or no
            row with a usable molecule; or the cache can't be written.
        SettingsError: a property column is declared to be of no kind there is, or of two.
    """
    settings = settings or CurationSettings()
    table = open_table(path, smiles_column, property_columns)
    declared = _declared_kinds(table, property_kinds or {})
    sha256 = sha256_of(Path(path))
    key = _key(Path(path), sha256, table, declared, settings)
    folder = Path(cache_dir) / f"curated-{key}"
    if (curated := load_curated(folder, key)) is not None:
        logger.info('curated before: "%s" (%s)', folder, curated.summary_line())
        return curated
    num_rows, kinds = _survey(table, declared)
    try:
        Path(cache_dir).mkdir(parents=True, exist_ok=True)
        remove_stale_parts(Path(cache_dir))
        part = Path(tempfile.mkdtemp(prefix=f"{folder.name}.", suffix=".part", dir=cache_dir))
        try:
            curated = _curate_into(part, table, kinds, num_rows, settings, num_workers, key, sha256)
            curated = _publish(curated, folder)
        finally:
            shutil.rmtree(part, ignore_errors=True)
    except OSError as error:
        if isinstance(error, MolvaeError):
            raise
        reason = error.strerror or str(error)
        raise InputError(f'can\'t write to the cache folder "{cache_dir}": {reason}') from error
    logger.info("%s; the ledger is %s", curated.summary_line(), curated.ledger_path)
    return curated


def _declared_kinds(table: Table, property_kinds: Mapping[str, Kind]) -> dict[str, Kind]:
    """The declared kinds by the columns' own names."""
    declared: dict[str, Kind] = {}
    for name, kind in property_kinds.items():
        if kind not in KINDS:
            raise SettingsError(f'the kind of "{name}" is "{kind}"; it must be one of {", ".join(KINDS)}')
        lacking = f'declared to be "{kind}", but no property column:'
        column = matching_column(name, table.property_columns, lacking, "those named with --property")
        if declared.setdefault(column, kind) != kind:
            raise SettingsError(f'the property column "{column}" is declared to be of two kinds; leave one')
    return declared


def _key(
    path: Path, sha256: str, table: Table, declared: Mapping[str, Kind], settings: CurationSettings
) -> str:
    """What the curated table depends on, in 20 hexadecimal digits."""
    parts = {
        "content": sha256,
        "endings": path.suffixes[-2:],
        "columns": [table.smiles_column, *table.property_columns],
        "declared_kinds": declared,
        "settings": asdict(settings),
        "constraints": constraints_in_force(),
        "versions": [FORMAT_VERSION, version("rdkit"), version("selfies")],
    }
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:20]


def _survey(table: Table, declared: Mapping[str, Kind]) -> tuple[int, tuple[Kind, ...]]:
    """The number of rows and the kind of each property, from a first quick pass over the file.

    Raises:
        InputError: the file can't be read to its end, or a property column has no value of its kind in it.
    """
    surveys = [KindSurvey() for _ in table.property_columns]
    num_rows = 0
    for chunk in table.chunks():
        num_rows = chunk.rows.stop - 1
        for survey, cells in zip(surveys, zip(*chunk.properties, strict=True), strict=False):
            survey.add(cells)
    kinds = []
    for survey, name in zip(surveys, table.property_columns, strict=True):
        kind = declared.get(name) or survey.kind()
        if kind is None or not survey.has_value_of(kind):
            where = f'the property column "{name}" of "{table.source.path}"'
            what = "yes or no" if kind == "yes/no" else "number"
            example = _first_unreadable(table, name, kind or "regression")
            none = "; all its cells are empty, or stand for a missing value"
            raise InputError(f"{where} has no {what} in it{example or none}")
        if 2 * (num_unreadable := survey.num_unreadable(kind)) > survey.num_cells:
            logger.warning(
                'most cells of the property column "%s" can\'t be read, %d of %d%s',
                *(name, num_unreadable, survey.num_cells, _first_unreadable(table, name, kind)),
            )
        kinds.append(kind)
    return num_rows, tuple(kinds)


def _first_unreadable(table: Table, name: str, kind: Kind) -> str:
    """For a message, an example of what a column holds instead of values, and why; "" if nothing."""
    position = table.property_columns.index(name)
    for chunk in table.chunks():
        for row, cells in zip(chunk.rows, chunk.properties, strict=True):
            try:
                read_value(cells[position], kind)
            except UnreadableValueError as error:
                return f'; row {row} has "{quotable(cells[position], 50)}": {error.reason}'
    return ""


def _curate_into(
    folder: Path,
    table: Table,
    kinds: tuple[Kind, ...],
    num_rows: int,
    settings: CurationSettings,
    num_workers: int | None,
    key: str,
    sha256: str,
) -> Curated:
    """Runs the rows through, and writes all files of the curated table."""
    with Intake(folder, table.property_columns, kinds) as intake, Progress(num_rows, "curating") as bar:
        for chunk, screened in screen_chunks(table.chunks(), settings, num_workers):
            intake.add(chunk, screened)
            bar.update(len(screened), kept=intake.num_kept)
        intake.finish()
    if intake.num_kept == 0:
        raise InputError(f'no row of "{table.source.path}" holds a usable molecule: {intake.main_reason()}')
    if intake.num_kept + sum(intake.dropped.values()) != num_rows:
        raise MolvaeError(f'"{table.source.path}" changed while it was read; run again')
    for name, kind, measured in zip(table.property_columns, kinds, intake.num_measured, strict=True):
        if measured == 0:
            problem = f'no molecule that was kept has a value in the property column "{name}"'
            raise InputError(problem + _first_unreadable(table, name, kind))
    curated = Curated(
        folder=folder,
        key=key,
        sha256=sha256,
        smiles_column=table.smiles_column,
        property_columns=table.property_columns,
        property_kinds=kinds,
        num_rows=num_rows,
        num_kept=intake.num_kept,
        dropped=intake.dropped,
        facts={"settings": asdict(settings), **intake.facts(settings.max_symbols)},
    )
    write_summary(curated.summary(), folder / SUMMARY_NAME)
    return curated


def _publish(curated: Curated, folder: Path) -> Curated:
    """Moves the finished files to their place in one step; another process may have been quicker."""
    for attempt in range(2):
        try:
            curated.folder.rename(folder)
        except OSError:
            if attempt == 1:
                raise
            if (present := load_curated(folder, curated.key)) is not None:
                return present
            shutil.rmtree(folder)
        else:
            break
    published = load_curated(folder, curated.key)
    if published is None:
        raise MolvaeError(f'the curated table in "{folder}" is damaged right after it was written')
    return published
