"""Public data sets, fetched from a tiny wheel and a tiny server on this machine; never from a network."""

import gzip
import hashlib
import io
import re
import subprocess
import sys
import tarfile
import threading
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from molvae.chem.properties import compute_properties
from molvae.data.cache import cache_folder
from molvae.data.download import download_url, part_path, sha256_of
from molvae.data.shipped import shipped_csv
from molvae.data.sources import (
    SOURCES,
    UrlOrigin,
    WheelOrigin,
    fetch,
    fetched_wheel,
    list_sources,
    source_file,
)
from molvae.errors import DataSourceError, MissingFileError, SettingsError

CONTENTS = {"train.csv": b"SMILES\nCCO\n", "test.csv": b"SMILES\nCCN\n"}
SMILES_LIST = b"CCO\nc1ccccc1\nCC[NH3+]\n"


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


@pytest.fixture
def tiny_wheel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A wheel with two small files, known as the source "moses"."""
    path = tmp_path / "elsewhere" / "tiny-1.0-py3-none-any.whl"
    path.parent.mkdir()
    with zipfile.ZipFile(path, "w") as wheel:
        for name, content in CONTENTS.items():
            wheel.writestr(f"tiny/data/{name}", content)
    origin = WheelOrigin(
        requirement="tiny==1.0",
        wheel_name=path.name,
        wheel_sha256=sha256_of(path),
        inner_folder="tiny/data",
    )
    files = {name: (len(content), digest(content)) for name, content in CONTENTS.items()}
    monkeypatch.setitem(SOURCES, "moses", replace(SOURCES["moses"], origin=origin, files=files))
    return path


@pytest.fixture
def tiny_list(monkeypatch: pytest.MonkeyPatch) -> None:
    """The source "zinc250k" is three molecules, at an address where nobody answers."""
    files = {"zinc250k.smi": (len(SMILES_LIST), digest(SMILES_LIST))}
    origin = UrlOrigin(url="http://127.0.0.1:9/zinc.txt.gz")
    monkeypatch.setitem(SOURCES, "zinc250k", replace(SOURCES["zinc250k"], origin=origin, files=files))


class Pip:
    """Stands in for pip: puts the wheel where it was told, and counts the calls."""

    def __init__(self, wheel: Path, error: str = "") -> None:
        self.wheel, self.error, self.commands = wheel, error, list[list[str]]()

    def __call__(self, command: list[str], **_: object) -> subprocess.CompletedProcess[str]:
        self.commands.append(command)
        if self.error:
            return subprocess.CompletedProcess(command, 1, "", self.error)
        destination = Path(command[command.index("--dest") + 1])
        (destination / self.wheel.name).write_bytes(self.wheel.read_bytes())
        return subprocess.CompletedProcess(command, 0, "", "")


def test_a_wheel_is_fetched_by_pip_checked_and_unpacked(
    tiny_wheel: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pip = Pip(tiny_wheel)
    monkeypatch.setattr(subprocess, "run", pip)
    folder = fetch("MOSES", cache=tmp_path / "cache")
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == CONTENTS
    assert pip.commands[0][:5] == [sys.executable, "-m", "pip", "download", "tiny==1.0"]
    assert "--no-deps" in pip.commands[0]
    assert source_file("moses", "train.csv", cache=tmp_path / "cache").read_bytes() == CONTENTS["train.csv"]


def test_what_is_here_is_not_fetched_again_and_what_was_damaged_is_mended(
    tiny_wheel: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pip = Pip(tiny_wheel)
    monkeypatch.setattr(subprocess, "run", pip)
    folder = fetch("moses", cache=tmp_path)
    (folder / "test.csv").write_bytes(b"SMILES\nXXX\n")
    untouched = (folder / "train.csv").stat().st_mtime_ns
    fetch("moses", cache=tmp_path)
    assert (folder / "test.csv").read_bytes() == CONTENTS["test.csv"]
    assert (folder / "train.csv").stat().st_mtime_ns == untouched
    assert len(pip.commands) == 1  # the wheel itself was kept


def test_a_wheel_that_was_fetched_is_kept_and_trusted_only_while_it_is_whole(
    tiny_wheel: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(subprocess, "run", Pip(tiny_wheel))
    with pytest.raises(MissingFileError, match="is not there or damaged: run `molvae data fetch moses`"):
        fetched_wheel("moses", tmp_path)
    fetch("moses", cache=tmp_path)
    path = fetched_wheel("moses", tmp_path)
    assert path.read_bytes() == tiny_wheel.read_bytes()
    path.write_bytes(b"PK")
    with pytest.raises(MissingFileError, match="is not there or damaged"):
        fetched_wheel("moses", tmp_path)
    with pytest.raises(SettingsError, match='"zinc250k" does not come in a wheel'):
        fetched_wheel("zinc250k", tmp_path)


def test_a_wheel_on_disk_is_taken_without_pip(
    tiny_wheel: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(subprocess, "run", None)
    folder = fetch("moses", copy_from=tiny_wheel, cache=tmp_path)
    assert sorted(path.name for path in folder.iterdir()) == ["test.csv", "train.csv"]


def test_a_wheel_that_differs_is_refused_and_leaves_nothing(tiny_wheel: Path, tmp_path: Path) -> None:
    expected = sha256_of(tiny_wheel)
    tiny_wheel.write_bytes(tiny_wheel.read_bytes() + b"\n")
    message = f'is not what was published: its SHA-256 is "{sha256_of(tiny_wheel)}", not "{expected}"'
    with pytest.raises(DataSourceError, match=message):
        fetch("moses", copy_from=tiny_wheel, cache=tmp_path / "cache")
    assert not any((tmp_path / "cache" / "moses").iterdir())


def test_a_member_that_differs_is_refused_by_name(
    tiny_wheel: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = {"train.csv": (11, "0" * 64)}
    monkeypatch.setitem(SOURCES, "moses", replace(SOURCES["moses"], files=files))
    with pytest.raises(DataSourceError, match=r'whl/train.csv" is not what was published: .*, not "000'):
        fetch("moses", copy_from=tiny_wheel, cache=tmp_path)
    assert not (tmp_path / "moses" / "train.csv").exists()


def test_when_pip_fails_its_reason_and_the_way_out_are_told(
    tiny_wheel: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = "Looking in indexes\nERROR: No matching distribution found for tiny==1.0\n[notice] be happy\n"
    monkeypatch.setattr(subprocess, "run", Pip(tiny_wheel, said))
    message = (
        r'pip could not download "tiny==1.0" \(ERROR: No matching .*\): .* give "tiny-1.0.*" with --copy'
    )
    with pytest.raises(DataSourceError, match=message):
        fetch("moses", cache=tmp_path)


def test_when_there_is_no_pip_that_is_told(
    tiny_wheel: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(subprocess, "run", Pip(tiny_wheel, "python: No module named pip"))
    with pytest.raises(DataSourceError, match=r"\(python: No module named pip\): check the network"):
        fetch("moses", cache=tmp_path)


def packings() -> dict[str, bytes]:
    """The same three molecules as people pack them."""
    zipped, tarred = io.BytesIO(), io.BytesIO()
    with zipfile.ZipFile(zipped, "w") as archive:
        archive.writestr("zinc.txt", SMILES_LIST)
    with tarfile.open(fileobj=tarred, mode="w:gz") as tar:
        for name, content in {"._zinc.txt": b"x", "zinc.txt": SMILES_LIST}.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return {
        "plain": SMILES_LIST,
        "gzip": gzip.compress(SMILES_LIST),
        "with a header": b"\xef\xbb\xbfsmiles\n" + SMILES_LIST,
        "Windows line ends": SMILES_LIST.replace(b"\n", b"\r\n"),
        "zip": zipped.getvalue(),
        "tar": tarred.getvalue(),
    }


@pytest.mark.parametrize("packing", packings())
def test_a_list_is_accepted_in_any_packing(packing: str, tiny_list: None, tmp_path: Path) -> None:
    (tmp_path / "copy").write_bytes(packings()[packing])
    folder = fetch("zinc250k", copy_from=tmp_path / "copy", cache=tmp_path)
    assert (folder / "zinc250k.smi").read_bytes() == SMILES_LIST


@pytest.mark.parametrize("content", [b"\x1f\x8bno gzip", gzip.compress(SMILES_LIST)[:-9], b"\xff\xfe\x00"])
def test_a_damaged_list_is_refused_in_one_line(content: bytes, tiny_list: None, tmp_path: Path) -> None:
    (tmp_path / "copy").write_bytes(content)
    with pytest.raises(DataSourceError, match='copy" is damaged or no list of SMILES'):
        fetch("zinc250k", copy_from=tmp_path / "copy", cache=tmp_path)


def test_a_list_with_another_molecule_is_refused_and_stays_where_it_was(
    tiny_list: None, tmp_path: Path
) -> None:
    (tmp_path / "copy").write_bytes(SMILES_LIST + b"C\n")
    with pytest.raises(
        DataSourceError, match=r'copy" is not what was published: its SHA-256 is "\w{64}", not'
    ):
        fetch("zinc250k", copy_from=tmp_path / "copy", cache=tmp_path)
    assert (tmp_path / "copy").exists()


def test_an_address_where_nobody_answers_is_told_with_the_way_out(tiny_list: None, tmp_path: Path) -> None:
    with pytest.raises(
        DataSourceError, match=r'could not download "http://127.*" \(.*\): try again, .* with --copy'
    ):
        fetch("zinc250k", cache=tmp_path)


class Handler(BaseHTTPRequestHandler):
    """Serves one file, and parts of it; breaks off after `limit` bytes where that is set."""

    content = bytes(range(256)) * 40
    limit: int | None = None
    ranges: list[str | None]

    def do_GET(self) -> None:
        asked = self.headers.get("Range")
        self.ranges.append(asked)
        start = int(asked.removeprefix("bytes=").removesuffix("-")) if asked else 0
        if start > len(self.content):
            self.send_error(416)
            return
        body = self.content[start:]
        self.send_response(206 if asked else 200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[: self.limit])

    def log_message(self, *_: object) -> None:
        """Says nothing on the terminal."""


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The address of a file on a server of this machine."""
    monkeypatch.setattr(Handler, "ranges", [], raising=False)
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as running:
        thread = threading.Thread(target=running.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{running.server_port}/list.gz"
        running.shutdown()
        thread.join()


def test_a_download_that_broke_off_goes_on_where_it_stopped(
    server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "downloads" / "list.gz"
    monkeypatch.setattr(Handler, "limit", 4000)
    with pytest.raises(DataSourceError, match="try again, which goes on where it stopped"):
        download_url(server, target)
    assert not target.exists()
    assert part_path(target).read_bytes() == Handler.content[:4000]
    monkeypatch.setattr(Handler, "limit", None)
    download_url(server, target)
    assert target.read_bytes() == Handler.content
    assert Handler.ranges == [None, "bytes=4000-"]


def test_a_kept_part_longer_than_the_file_is_thrown_away(server: str, tmp_path: Path) -> None:
    target = tmp_path / "list.gz"
    part_path(target).write_bytes(b"x" * 20_000)
    download_url(server, target)
    assert target.read_bytes() == Handler.content


def test_a_download_that_is_not_the_list_is_not_kept(
    server: str, tiny_list: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Handler, "content", gzip.compress(b"CCCC\n"))
    source = replace(SOURCES["zinc250k"], origin=UrlOrigin(url=server))
    monkeypatch.setitem(SOURCES, "zinc250k", source)
    with pytest.raises(DataSourceError, match="is not what was published"):
        fetch("zinc250k", cache=tmp_path)
    assert not any((tmp_path / "downloads").iterdir())
    monkeypatch.setattr(Handler, "content", gzip.compress(SMILES_LIST))
    assert (fetch("zinc250k", cache=tmp_path) / "zinc250k.smi").read_bytes() == SMILES_LIST


def test_the_list_of_sources_tells_what_is_here(tiny_wheel: Path, tmp_path: Path) -> None:
    def state() -> str:
        return {source.name: source.state for source in list_sources(tmp_path)}["moses"]

    assert state() == "not fetched"
    folder = fetch("moses", copy_from=tiny_wheel, cache=tmp_path)
    assert state() == "fetched"
    (folder / "test.csv").unlink()
    assert state() == "1 of 2 files"


def test_the_published_sets_have_the_parts_that_are_promised() -> None:
    assert list(SOURCES) == ["moses", "moleculeace", "zinc250k"]
    assert set(SOURCES["moses"].files) >= {"train.csv.gz", "test.csv.gz", "test_scaffolds.csv.gz"}
    assert len(SOURCES["moleculeace"].files) == 30
    for source in SOURCES.values():
        assert all(re.fullmatch("[0-9a-f]{64}", sha256) for _, sha256 in source.files.values())


def test_an_unknown_source_or_file_gets_a_suggestion(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match='unknown data source "mozes": did you mean "moses"'):
        fetch("mozes", cache=tmp_path)
    with pytest.raises(SettingsError, match=r'"moses" has no file "train.csv": did you mean "train.csv.gz"'):
        source_file("moses", "train.csv", cache=tmp_path)


def test_a_file_that_was_not_fetched_says_which_command_fetches_it(tmp_path: Path) -> None:
    with pytest.raises(MissingFileError, match="is not there: run `molvae data fetch moses`"):
        source_file("moses", "train.csv.gz", cache=tmp_path)


def test_a_copy_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(MissingFileError, match=r'no file ".*nowhere.whl" to copy "moses" from'):
        fetch("moses", copy_from=tmp_path / "nowhere.whl", cache=tmp_path)


def test_a_cache_that_cannot_be_written_is_told(tiny_wheel: Path, tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file where a folder should be")
    with pytest.raises(
        DataSourceError, match=r'can\'t write "moses" into .*: make room there, or set MOLVAE_CACHE'
    ):
        fetch("moses", copy_from=tiny_wheel, cache=tmp_path / "cache")


def test_the_cache_is_where_the_environment_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOLVAE_CACHE", str(tmp_path / "mine"))
    assert cache_folder() == tmp_path / "mine"
    monkeypatch.setenv("MOLVAE_CACHE", "")
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache_folder() == tmp_path / "molvae"
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert cache_folder() == Path.home() / ".cache" / "molvae"
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path / "local"))
    assert cache_folder() == tmp_path / "local" / "molvae"


def test_the_shipped_molecules_are_those_of_the_readme() -> None:
    readme = shipped_csv().with_name("README.md").read_text(encoding="utf-8")
    assert f"`{sha256_of(shipped_csv())}`" in readme


def test_the_shipped_properties_can_be_recomputed() -> None:
    table = pd.read_csv(shipped_csv())
    assert list(table.columns) == ["smiles", "logP", "QED", "SA"]
    assert table["smiles"].nunique() == len(table) == 10_000
    rows = table.iloc[::50]
    recomputed = compute_properties(rows["smiles"].tolist(), ["logP", "QED", "SA"])
    np.testing.assert_allclose(recomputed, rows[["logP", "QED", "SA"]], atol=1e-3)


def test_a_missing_shipped_file_says_to_reinstall(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("molvae.data.shipped.files", lambda _: tmp_path / "molvae")
    with pytest.raises(MissingFileError, match=r'the shipped "moses_10k.csv" is not in .*: reinstall molvae'):
        shipped_csv()
    (tmp_path / "molvae" / "shipped_data").mkdir(parents=True)
    (tmp_path / "molvae" / "shipped_data" / "moses_10k.csv").write_text("smiles\nC\n")
    assert shipped_csv().parent.name == "shipped_data"
