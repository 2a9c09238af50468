"""What becomes of errors, and how little is imported."""

from __future__ import annotations

import importlib
import subprocess
import sys

import pytest
from polars.exceptions import PanicException

from kg import __version__
from kg.cli import main
from kg.cli.query import _hidden
from kg.errors import BuildError


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (BuildError("there is no build here", "builds", "make one"), 3, "error builds: there is no build here"),
        (FileNotFoundError(2, "No such file or directory", "a/b.csv"), 3, "error a/b.csv: no such file or directory"),
        (OSError(28, "No space left on device", "x.nq"), 3, "error x.nq: the disk is full: No space left on device"),
        (MemoryError(), 3, "error memory ran out"),
        (
            ImportError("etree.so: failed to map segment from shared object"),
            3,
            "error memory ran out: etree.so: failed to map segment from shared object",
        ),
        (OSError(12, "Cannot allocate memory"), 3, "error memory ran out: [Errno 12] Cannot allocate memory"),
        (RuntimeError("can't start new thread"), 3, "error memory ran out: can't start new thread"),
        (ImportError("No module named 'nothing'"), 70, "bug ImportError: No module named 'nothing'"),
        (ConnectionResetError(104, "Connection reset by peer"), 70, "bug ConnectionResetError"),
        (KeyError("[red]"), 70, "bug KeyError: '[red]'"),
        (PanicException("PyObject pointer is null"), 70, "bug PanicException: PyObject pointer is null"),
    ],
)
def test_an_error_has_its_exit_code_and_a_mend(
    error: BaseException, code: int, said: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail() -> None:
        raise error

    monkeypatch.setattr(main, "make_app", lambda _: fail)
    with pytest.raises(SystemExit) as ended:
        main.run()
    assert ended.value.code == code
    shown = capsys.readouterr().err
    assert shown.startswith(said)
    assert "\n  mend: " in shown


def test_a_traceback_changes_no_exit_code(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def fail(arguments: list[str]) -> None:
        raise BuildError("there is no build here", "builds", "make one")

    monkeypatch.setattr(main, "make_app", fail)
    monkeypatch.setattr(sys, "argv", ["kg", "--debug", "nightly"])
    with pytest.raises(SystemExit) as ended:
        main.run()
    shown = capsys.readouterr().err
    assert ended.value.code == 3
    assert shown.startswith("Traceback")
    assert "error builds: there is no build here" in shown


def test_the_version_is_told_without_importing_a_command() -> None:
    program = (
        "import sys; sys.argv = ['kg', '--version']\n"
        "import kg.cli.main as main\n"
        "try: main.run()\n"
        "finally: print(sorted(name for name in sys.modules if name.startswith(('kg.cli.', 'kg.config', 'polars'))))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == [f"kg {__version__}", "['kg.cli.main']"]


@pytest.mark.parametrize("while_importing", ["kg.cli.main", "typer", "kg.cli.query", "kg.config", "kg.export.opened"])
def test_ctrl_c_while_it_still_imports_is_no_fault(while_importing: str) -> None:
    program = f"""
import signal, sys
class Interrupt:
    def find_spec(self, name, path=None, target=None):
        if name == {while_importing!r}:
            signal.raise_signal(signal.SIGINT)
sys.meta_path.insert(0, Interrupt())
sys.argv = ["kg", "query", "RETURN 1 AS x"]
from kg.cli import run
run()
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "")


def test_a_fault_on_the_way_out_from_ctrl_c_is_none(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(_: object) -> None:
        try:
            raise KeyboardInterrupt
        finally:  # a connection is closed in the middle of an answer
            try:
                raise BufferError("Existing exports of data: object cannot be re-sized")
            except BufferError as error:
                raise OSError("closing") from error

    monkeypatch.setattr(main, "make_app", fail)
    with pytest.raises(SystemExit) as ended:
        main.run()
    assert ended.value.code == 130
    assert capsys.readouterr() == ("", "")


def test_what_is_hidden_from_an_import_is_there_again() -> None:
    import json

    with _hidden("json", "wave", "nothing_of_this_name"):
        assert sys.modules["json"] is json  # who has it already keeps it
        with pytest.raises(ImportError):
            importlib.import_module("wave")
    assert importlib.import_module("wave").__name__ == "wave"
    assert "nothing_of_this_name" not in sys.modules
