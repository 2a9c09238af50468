"""A server of one's own: its folder, its process, and what goes wrong around it."""

from __future__ import annotations

import hashlib
import json
import os
import socket
import stat
import subprocess
import sys
from collections import Counter
from pathlib import Path

import psutil
import pytest
import yaml

from kg.config import KgConfig, Neo4jConfig
from kg.errors import ServerError
from kg.export.neo4j import jars, server
from kg.export.neo4j.connection import Target, open_driver
from kg.export.neo4j.jars import Jar, ensure_jars, jars_folder, list_jars
from kg.export.neo4j.java import write_arguments
from kg.export.neo4j.server import USER, LocalServer

CONTENT = {f"lib-{number}": f"content {number}".encode() * 100 for number in range(4)}


def local(home: Path, **settings: object) -> LocalServer:
    return LocalServer(Neo4jConfig(home=home, **settings), jars_folder(KgConfig().cache_dir))  # type: ignore[arg-type]


def test_the_server_runs_on_loopback_with_its_own_password(neo4j_local: LocalServer) -> None:
    status = neo4j_local.status()
    assert status.running
    assert status.uri.startswith("bolt://127.0.0.1:")
    assert status.memory_bytes > 50e6
    password = neo4j_local.home / "password"
    assert stat.S_IMODE(password.stat().st_mode) == 0o600
    assert len(neo4j_local.password()) >= 32
    commands = Path(f"/proc/{status.pid}/cmdline")
    assert not commands.exists() or neo4j_local.password() not in commands.read_text()


def test_starting_again_finds_the_one_that_runs(neo4j_local: LocalServer) -> None:
    assert neo4j_local.start().pid == neo4j_local.status().pid


def test_a_port_in_use_is_named(tmp_path: Path, neo4j_local: LocalServer) -> None:
    port = int(neo4j_local.status().uri.rpartition(":")[2])
    with pytest.raises(ServerError, match=f"port {port} is in use"):
        local(tmp_path, port=port).start()


def test_without_a_set_port_a_free_one_is_taken(tmp_path: Path) -> None:
    with socket.socket() as taken:
        try:
            taken.bind(("127.0.0.1", 7687))
            taken.listen()
        except OSError:
            pass  # somebody else's server does as well
        assert local(tmp_path)._choose_port() != 7687


@pytest.mark.parametrize("pid", [2**22 + 1, "own", None, "x", -1, 0, 2**70, True, 1.5, [1]])
def test_the_process_file_of_a_dead_server_says_nothing(tmp_path: Path, pid: object) -> None:
    state = {"pid": os.getpid() if pid == "own" else pid, "port": 1}
    (tmp_path / "server.json").write_text(json.dumps(state))
    assert not local(tmp_path).status().running
    assert not local(tmp_path).stop()
    assert not (tmp_path / "server.json").exists()


@pytest.mark.parametrize("port", [-1, 2**20, "x", None, True])
def test_a_port_that_is_none_says_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, port: object) -> None:
    (tmp_path / "server.json").write_text(json.dumps({"pid": os.getpid(), "port": port}))
    mine = local(tmp_path)
    monkeypatch.setattr(mine, "_process", psutil.Process)
    assert not mine.status().running


@pytest.mark.parametrize("under", ["", "/home"])
def test_a_folder_that_cant_be_one_is_said(tmp_path: Path, under: str) -> None:
    (tmp_path / "file").write_text("x")
    mine = local(Path(f"{tmp_path}/file{under}"))
    for does in (mine.start, mine.password, lambda: mine.admin("database", "info")):
        with pytest.raises(ServerError) as caught:
            does()
        assert "the server's folder can't be used" in caught.value.what
        assert "KG_NEO4J__HOME" in caught.value.mend
    assert not mine.status().running
    assert not mine.stop()


def test_a_process_file_cut_short_says_nothing(tmp_path: Path) -> None:
    (tmp_path / "server.json").write_text('{"pid": 12')
    assert not local(tmp_path).status().running


def test_a_server_that_dies_shows_the_end_of_its_log(tmp_path: Path, neo4j_local: LocalServer) -> None:
    home = tmp_path / "home"
    (home / "data" / "databases" / "system").mkdir(parents=True)  # so that no password is set first
    (home / "password").write_text("x")
    with pytest.raises(ServerError, match=r"(?s)ended while it started; .*[Hh]eap") as caught:
        local(home, heap="1m").start()
    assert "start again" in caught.value.mend
    assert not local(home).status().running


def test_a_start_outlasts_a_moment_without_a_command_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mine = local(tmp_path)
    looks = iter([None, None, object(), None])
    monkeypatch.setattr(mine, "_process", lambda: next(looks))
    monkeypatch.setattr(server, "_answers", lambda port: next(looks) is None)
    monkeypatch.setattr(server, "_POLL_S", 0)
    monkeypatch.setattr(mine, "status", lambda: "running")
    assert mine._await_answer(7687) == "running"
    monkeypatch.setattr(mine, "_process", lambda: None)
    monkeypatch.setattr(server, "_answers", lambda port: False)
    with pytest.raises(ServerError, match="ended while it started"):
        mine._await_answer(7687)


def test_the_end_of_the_log_is_of_this_start(tmp_path: Path) -> None:
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "neo4j.log").write_text("long ago\n" * 50)
    mine = local(tmp_path)
    mine._logged = (tmp_path / "logs" / "neo4j.log").stat().st_size
    (tmp_path / "logs" / "console.log").write_text("Error: no memory\n")
    assert mine._log_tail() == "  Error: no memory"


def test_too_little_memory_is_said_before_the_start(tmp_path: Path, neo4j_local: LocalServer) -> None:
    for settings in ({"heap": "9000g"}, {"heap": "64m", "page_cache": "9000g"}):
        with pytest.raises(ServerError, match="MB of memory"):
            local(tmp_path, **settings).start()


def test_too_little_disk_is_said_before_the_start(
    tmp_path: Path, neo4j_local: LocalServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "_DISK_BYTES", 1 << 60)
    with pytest.raises(ServerError, match="of disk"):
        local(tmp_path).start()


def test_a_lost_password_is_not_replaced_by_a_wrong_one(tmp_path: Path, neo4j_local: LocalServer) -> None:
    (tmp_path / "data" / "databases" / "system").mkdir(parents=True)
    with pytest.raises(ServerError, match="password is lost"):
        local(tmp_path).start()
    with pytest.raises(ServerError, match="no server was started here"):
        local(tmp_path).password()


def test_the_argument_file_is_its_owners_alone_and_survives_quoting(tmp_path: Path) -> None:
    file = tmp_path / "run" / "a.args"
    write_arguments(file, [Path("/a b/c.jar")], ["Main", 'a "quoted" \\ path'], heap="1g")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert file.read_text().endswith('"-cp"\n"/a b/c.jar"\n"Main"\n"a \\"quoted\\" \\\\ path"\n')


def test_the_list_names_each_jar_once() -> None:
    listed = list_jars()
    assert len(listed) > 200
    assert max(Counter(jar.name for jar in listed).values()) == 1
    assert {"neo4j", "neo4j-import-tool"} <= {jar.artifact for jar in listed if jar.version == jars.NEO4J_VERSION}


@pytest.fixture
def listed(monkeypatch: pytest.MonkeyPatch) -> list[Jar]:
    found = [
        Jar("org.example", name, "1.0", "", len(content), hashlib.sha256(content).hexdigest())
        for name, content in CONTENT.items()
    ]
    monkeypatch.setattr(jars, "list_jars", lambda: found)
    return found


class Repository:
    """A repository that counts what is asked of it and may spoil its answers."""

    def __init__(self, *, spoilt: str = "", failing: str = "") -> None:
        self.asked: list[str] = []
        self.spoilt, self.failing = spoilt, failing

    def __call__(self, jar: Jar, aside: Path) -> Path:
        self.asked.append(jar.artifact)
        if jar.artifact == self.failing:
            raise OSError("no route to host")
        path = aside / jar.name
        content = CONTENT[jar.artifact]
        path.write_bytes(content[:-1] + b"!" if jar.artifact == self.spoilt else content)
        return path


def test_a_half_finished_download_goes_on_where_it_was(tmp_path: Path, listed: list[Jar]) -> None:
    folder = tmp_path / "jars"
    first = Repository(failing="lib-2")
    with pytest.raises(ServerError, match=r"1 of 4 jars .*lib-2-1.0.jar: no route to host") as caught:
        ensure_jars(folder, fetch=first)
    assert "what is here is kept" in caught.value.mend
    (folder / "lib-1-1.0.jar").write_bytes(b"half")
    (folder / ".part-killed").mkdir()
    second = Repository()
    said: list[tuple[int, int]] = []
    paths = ensure_jars(folder, fetch=second, progress=lambda step, done, total: said.append((done, total)))
    assert sorted(second.asked) == ["lib-1", "lib-2"]
    assert [path.read_bytes() for path in paths] == list(CONTENT.values())
    assert said[-1][0] == said[-1][1] > 0
    assert sorted(path.name for path in folder.iterdir()) == sorted(jar.name for jar in listed)
    third = Repository()
    ensure_jars(folder, fetch=third)
    assert third.asked == []


def test_a_jar_with_other_bytes_never_gets_in(tmp_path: Path, listed: list[Jar]) -> None:
    with pytest.raises(ServerError, match="sha256"):
        ensure_jars(tmp_path / "jars", fetch=Repository(spoilt="lib-3"))
    assert not (tmp_path / "jars" / "lib-3-1.0.jar").exists()


def test_a_full_disk_is_said_before_the_download(
    tmp_path: Path, listed: list[Jar], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jars, "_SPARE_BYTES", 1 << 60)
    repository = Repository()
    with pytest.raises(ServerError, match="MB are free"):
        ensure_jars(tmp_path / "jars", fetch=repository)
    assert repository.asked == []


def test_the_commands_say_what_the_server_does(neo4j_local: LocalServer, tmp_path: Path) -> None:
    environment = {**os.environ, "KG_NEO4J__HOME": str(neo4j_local.home)}

    def kg(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-c", "from kg.cli.main import run; run()", "neo4j", *arguments]
        return subprocess.run(command, capture_output=True, text=True, env=environment, check=False)

    found = kg("status", "--json")
    assert found.returncode == 0, found.stderr
    assert json.loads(found.stdout)["uri"] == neo4j_local.status().uri
    assert kg("password").stdout.strip() == neo4j_local.password()
    assert kg("start").stdout.strip() == neo4j_local.status().uri
    environment["KG_NEO4J__HOME"] = str(tmp_path)
    assert kg("status").returncode == 1
    assert "no server was running" in kg("stop").stderr


def test_the_container_is_set_up_with_settings_that_the_server_knows(neo4j_local: LocalServer) -> None:
    page = yaml.safe_load((Path(__file__).parents[3] / "docs" / "compose.yaml").read_text(encoding="utf-8"))
    service = page["services"]["neo4j"]
    assert service["image"].startswith("neo4j:5.26")  # the release that is tested
    assert all(port.startswith("127.0.0.1:") for port in service["ports"])
    assert {volume.partition(":")[0] for volume in service["volumes"]} <= page["volumes"].keys()
    # https://neo4j.com/docs/operations-manual/5/docker/configuration/: '.' is '_', and '_' is '__'.
    named = {
        name.removeprefix("NEO4J_").replace("__", "\0").replace("_", ".").replace("\0", "_"): value
        for name, value in service["environment"].items()
    }
    assert named.pop("AUTH").startswith("neo4j/${NEO4J_PASSWORD:?")
    target = Target(neo4j_local.status().uri, "neo4j", USER, neo4j_local.password())
    with open_driver(target) as driver:
        records = driver.execute_query("SHOW SETTINGS YIELD name RETURN collect(name) AS names").records
    assert named.keys() <= {*records[0]["names"]}
