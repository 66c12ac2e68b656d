"""The verifier stands alone, and its one file is the same wherever it is built."""

import ast
import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from shared.reducers import REDUCER
from shared.verifier.build import build, contents
from tests.attacks.make_bundle import (
    FEEDBACK,
    ROOT,
    feedback_log,
    full,
    rectification_log,
    replayed,
    write,
)

PROJECT = Path(__file__).parents[3]
SOURCES = sorted((PROJECT / "shared" / "verifier").glob("*.py"))
OWN = ("shared.verifier", "shared.reducers")
NETWORK = {"socket", "urllib.request", "http.client", "ssl", "asyncio", "subprocess", "ctypes"}


def imported(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0
            found.add(node.module or "")
    return found


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.name)
class TestEverySource:
    def test_imports_the_standard_library_the_reducers_and_itself(self, path: Path) -> None:
        foreign = {one for one in imported(path) if not one.startswith(OWN)}
        assert {one.split(".")[0] for one in foreign} <= sys.stdlib_module_names

    def test_has_no_way_out(self, path: Path) -> None:
        assert not imported(path) & NETWORK


@pytest.fixture(scope="module")
def pyz(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("pyz") / "verify.pyz"
    build(path)
    return path


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(full(), tmp_path_factory.mktemp("export") / "all.duban.zip")


def run(pyz: Path, *arguments: object) -> subprocess.CompletedProcess[bytes]:
    """Run the one file as an auditor does, in a bare Python and an odd locale."""
    command = [sys.executable, "-I", "-S", str(pyz), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, check=False, env={"LC_ALL": "C"})


class TestOneFile:
    def test_is_the_same_when_built_again(self, pyz: Path, tmp_path: Path) -> None:
        build(tmp_path / "again.pyz")
        assert (tmp_path / "again.pyz").read_bytes() == pyz.read_bytes()

    def test_holds_the_sources_and_no_more(self, pyz: Path) -> None:
        with zipfile.ZipFile(pyz) as archive:
            assert archive.namelist() == sorted(contents())
            assert {info.date_time for info in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert not [name for name in contents() if not name.endswith(".py")]

    def test_has_the_reducers_it_says(self, pyz: Path) -> None:
        assert REDUCER["digest"].encode() in run(pyz, "--version").stdout

    def test_reports_in_words(self, pyz: Path, bundle: Path) -> None:
        done = run(pyz, bundle, "--root", ROOT.vkey)
        assert (done.returncode, done.stderr) == (0, b"")
        assert b"INTACT                yes" in done.stdout
        assert b"CONSISTENT-WITH-SEEN  not checked" in done.stdout

    def test_says_loudly_that_nothing_is_pinned(self, pyz: Path, bundle: Path) -> None:
        assert "根公钥未经核对" in run(pyz, bundle).stdout.decode()

    def test_remembers_checkpoints_and_compares_them_later(
        self, pyz: Path, bundle: Path, tmp_path: Path
    ) -> None:
        key = tmp_path / "root.vkey"
        key.write_text(f"{ROOT.vkey}\n", encoding="utf-8")
        kept = tmp_path / "kept"
        run(pyz, bundle, "--root", key, "--keep", kept)
        assert len(list(kept.iterdir())) == 2
        done = run(pyz, bundle, "--root", key, "--seen", kept, "--json")
        answers = [one["answer"] for one in json.loads(done.stdout)["verdicts"].values()]
        assert (done.returncode, answers) == (0, ["yes"] * 6)

    def test_keeps_nothing_of_an_export_with_a_no(self, pyz: Path, tmp_path: Path) -> None:
        """A forked head in the folder would hide the fork the next time."""
        files = full()
        del files["reducer/state.py"]
        bad = write(files, tmp_path / "bad.duban.zip")
        assert run(pyz, bad, "--root", ROOT.vkey, "--keep", tmp_path / "kept").returncode == 16
        assert not (tmp_path / "kept").exists()

    def test_counts_the_verdicts_that_are_no_in_its_exit_code(
        self, pyz: Path, bundle: Path, tmp_path: Path
    ) -> None:
        run(pyz, bundle, "--root", ROOT.vkey, "--keep", tmp_path / "kept")
        older = full(replayed(feedback_log(), 239), rectification_log())
        del older["reducer/state.py"]
        rolled_back = write(older, tmp_path / "older.duban.zip")
        done = run(
            pyz, rolled_back, "--root", ROOT.vkey, "--seen", tmp_path / "kept",
            "--min-size", f"{FEEDBACK}=300", "--json",
        )  # fmt: skip
        assert done.returncode == 8 + 16 + 32
        codes = [fault["code"] for fault in json.loads(done.stdout)["faults"]]
        assert sorted(codes) == ["reducer-swapped", "rollback", "too-small"]

    @pytest.mark.parametrize(
        "arguments",
        [["nowhere.zip"], [], ["--root", "nokey+1+x", "."], ["--min-size", "many", "."],
         ["--seen", "nowhere", "."], ["--root", "nowhere", "."]],
    )  # fmt: skip
    def test_says_when_it_cannot_run(self, pyz: Path, arguments: list[str]) -> None:
        done = run(pyz, *arguments)
        assert done.returncode == 64 and done.stderr and b"Traceback" not in done.stderr
