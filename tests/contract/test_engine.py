"""What every engine that runs cells must do: the local one, and containers where there are any."""

import os
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest

from tests.support.cells import bare_environment, job_of
from versect.engine.containers import ContainerEngine
from versect.engine.local import LocalEngine
from versect.env.interpreters import Interpreters
from versect.forensics.records import decode_failures
from versect.model.outcome import Cause
from versect.model.study import Place
from versect.model.trial import Exited, NotRun, OutOfMemory, Signalled, TimedOut
from versect.run.process import Processes

PYTHON = f"3.{sys.version_info.minor}"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("engine")
    folder.chmod(0o755)
    return folder


@pytest.fixture(scope="module", params=["local", pytest.param("docker", marks=pytest.mark.docker)])
def engine(request, folder):
    interpreters = Interpreters(os.environ, Path.home(), folder / "interpreters.json")
    if request.param == "local":
        engine = LocalEngine(interpreters.find, interpreters.remedy, os.environ)
    else:
        engine = ContainerEngine.connect(
            "docker",
            environment=os.environ,
            interpreter=interpreters.find,
            remedy=interpreters.remedy,
            memory=folder / "images.json",
            say=lambda _: None,
        )
    yield engine
    engine.close()


@pytest.fixture(scope="module")
def environment(engine, folder):
    target = engine.target(PYTHON)
    assert not isinstance(target, NotRun), target.detail
    place = folder / engine.name
    place.mkdir(exist_ok=True)
    return bare_environment(place, engine, target)


@pytest.fixture
def run(engine, environment, tmp_path):
    tmp_path.chmod(0o755)
    return lambda code, **options: engine.run(job_of(environment, tmp_path, code, **options))


def test_an_exit_status_is_reported_with_both_streams(run):
    done = run("import sys; print('out'); print('err', file=sys.stderr); sys.exit(3)")
    assert done.ending == Exited(status=3)
    assert (done.stdout.text, done.stderr.text) == ("out\n", "err\n")
    assert done.run > 0
    assert done.peak_memory > 1 << 20


def test_a_crash_is_reported_with_its_signal(run):
    assert run("import ctypes; ctypes.string_at(0)").ending == Signalled(signal="SIGSEGV")


def test_an_exit_status_like_that_of_a_kill_is_only_an_exit_status(run):
    assert run("import os; os._exit(137)").ending == Exited(status=137)


def test_a_hang_is_ended_with_everything_it_started(run):
    code = (
        "import subprocess, sys, time\n"
        "subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(321)'],"
        " start_new_session=True)\n"
        "time.sleep(321)"
    )
    started = time.monotonic()
    assert run(code, timeout=1.5).ending == TimedOut(limit=1.5)
    assert time.monotonic() - started < 12
    assert not _running("time.sleep(321)")


def test_a_child_that_outlives_the_reproduction_is_ended(run):
    code = (
        "import subprocess, sys\n"
        "subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(322)'],"
        " start_new_session=True)\n"
        "print('done')"
    )
    done = run(code)
    assert (done.ending, done.stdout.text) == (Exited(status=0), "done\n")
    assert not _running("time.sleep(322)")


def test_a_flood_of_output_is_kept_at_both_ends(run):
    code = (
        "import sys\nsys.stdout.write('first')\n"
        "for _ in range(3000): sys.stdout.write('x' * 65536)\nsys.stdout.write('last')"
    )
    done = run(code)
    assert done.ending == Exited(status=0)
    assert done.stdout.size == 3000 * 65536 + 9
    assert done.stdout.head.startswith("first")
    assert done.stdout.tail.endswith("last")
    assert len(done.stdout.text) < 70_000


def test_a_fork_bomb_is_ended(run):
    code = "import os\nfor _ in range(7):\n    os.fork()\nimport time\ntime.sleep(323)"
    done = run(code, timeout=2.0)
    assert isinstance(done.ending, TimedOut | Exited | Signalled)
    assert not _running("time.sleep(323)")


def test_nothing_of_the_hosts_environment_is_seen(run, monkeypatch):
    monkeypatch.setenv("SECRET_OF_THE_HOST", "1")
    done = run("import os; print(sorted(os.environ))", variables={"MINE": "1"})
    assert "SECRET_OF_THE_HOST" not in done.stdout.text
    assert "'MINE'" in done.stdout.text


def test_home_and_temporary_folder_can_be_written(run):
    code = (
        "import pathlib, tempfile\n"
        "pathlib.Path.home().joinpath('x').write_text('x')\n"
        "tempfile.NamedTemporaryFile().write(b'x')"
    )
    done = run(code)
    assert done.ending == Exited(status=0), done.stderr.text


def test_the_recorder_reports_what_was_raised(run):
    done = run("import threading\nthreading.Thread(target=lambda: 1 / 0).start()")
    (failure,) = decode_failures(done.records)
    assert failure.place is Place.THREAD
    assert failure.chain[0].type == "ZeroDivisionError"


def test_the_reproduction_cannot_write_the_report_itself(run):
    code = (
        "import os\n"
        "for pid in (os.getppid(), 1, 7):\n"
        "    for fd in (1, 2):\n"
        "        try: open(f'/proc/{pid}/fd/{fd}', 'w').write('{\"schema\": 1}\\n')\n"
        "        except OSError: pass\n"
        "raise SystemExit(4)"
    )
    assert run(code).ending == Exited(status=4)


def test_a_reproduction_that_kills_its_supervisor_goes_with_it(run):
    code = "import os, time\nos.kill(os.getppid(), 9)\ntime.sleep(325)"
    ending = run(code).ending
    assert isinstance(ending, NotRun)
    assert ending.cause is Cause.KILLED
    assert not _running("time.sleep(325)")


def test_records_that_are_no_file_are_not_read(run):
    code = (
        "import os\npath = os.environ['VERSECT_RECORD']\n"
        "if os.path.exists(path): os.unlink(path)\nos.mkfifo(path)"
    )
    started = time.monotonic()
    assert run(code).ending == Exited(status=0)
    assert time.monotonic() - started < 15


def test_a_program_that_is_not_there_is_said_to_be_missing(engine, environment, tmp_path):
    tmp_path.chmod(0o755)
    job = job_of(environment, tmp_path, "")
    object.__setattr__(job, "argv", ("no-such-program",))
    ending = engine.run(job).ending
    assert isinstance(ending, NotRun)
    assert ending.cause is Cause.NOT_STARTED
    assert "no-such-program" in ending.detail


def test_an_interpreter_that_is_nowhere_is_an_answer_with_a_remedy(engine):
    target = engine.target("3.77")
    assert isinstance(target, NotRun)
    assert target.cause in {Cause.INTERPRETER_MISSING, Cause.IMAGE_UNAVAILABLE}
    assert "uv python install 3.77" in target.detail


def test_the_command_for_a_person_does_the_same(engine, environment, tmp_path):
    tmp_path.chmod(0o755)
    argv = engine.command(job_of(environment, tmp_path, "raise SystemExit(9)"))
    status = os.waitstatus_to_exitcode(os.system(" ".join(map(_quoted, argv))))
    assert status == 9


@pytest.mark.docker
def test_in_a_container_everything_that_is_not_needed_is_shut(run, engine):
    if engine.home is None:
        pytest.skip("for containers")
    code = (
        "import os, socket, sys\n"
        "def refused(action):\n"
        "    try: action()\n"
        "    except OSError: return True\n"
        "    return False\n"
        "assert os.getuid() == 65534\n"
        "assert refused(lambda: open('/x', 'w'))\n"
        "assert refused(lambda: open(sys.prefix + '/x', 'w'))\n"
        "assert refused(lambda: open('/study/x', 'w'))\n"
        "assert refused(lambda: socket.create_connection(('1.1.1.1', 53), 2))\n"
        "assert refused(lambda: os.setuid(0))\n"
        "assert socket.create_server(('127.0.0.1', 0))\n"
        "assert not [c for c in open('/proc/self/status') if c.startswith('CapEff')][0].strip()"
        ".strip('CapEff:\\t0')\n"
    )
    done = run(code)
    assert done.ending == Exited(status=0), done.stderr.text


@pytest.mark.docker
def test_running_out_of_memory_is_asked_of_the_engine(run, engine):
    if engine.home is None:
        pytest.skip("for containers")
    hog = "x = []\nwhile True: x.append(bytearray(1 << 24))"
    assert isinstance(run(hog, memory=96 << 20).ending, OutOfMemory)
    parent = f"import subprocess, sys\nsubprocess.run([sys.executable, '-c', {hog!r}])"
    ending = run(parent, memory=96 << 20).ending
    assert ending == OutOfMemory(limit=96 << 20, status=0)


@pytest.mark.docker
@pytest.mark.parametrize(("of_folder", "of_file"), [(0o700, 0o644), (0o755, 0o600)])
def test_a_study_that_is_closed_to_others_is_nobodys_failure(
    engine, environment, tmp_path, of_folder, of_file
):
    if engine.home is None:
        pytest.skip("for containers")
    script = tmp_path / "repro.py"
    script.write_text("")
    script.chmod(of_file)
    tmp_path.chmod(of_folder)
    job = replace(job_of(environment, tmp_path, ""), argv=("python", "repro.py"))
    ending = engine.run(job).ending
    assert isinstance(ending, NotRun)
    assert ending.cause is Cause.ENGINE_ERROR
    assert f"chmod -R o+rX {tmp_path}" in ending.detail


def test_cancelling_ends_what_runs(engine, environment, tmp_path):
    if isinstance(engine, LocalEngine):
        own = LocalEngine(engine._find, engine._remedy, os.environ)
    else:
        own = ContainerEngine(
            engine._traits, engine._images, engine._client, Processes(), build_network="none"
        )
    threading.Timer(1.5, own.cancel).start()
    started = time.monotonic()
    child = "import time; time.sleep(324)"
    code = (
        "import subprocess, sys\n"
        f"subprocess.run([sys.executable, '-c', {child!r}], start_new_session=True)"
    )
    ending = own.run(job_of(environment, tmp_path, code)).ending
    assert isinstance(ending, NotRun)
    assert time.monotonic() - started < 8
    own.close()
    assert not _running("time.sleep(324)"), "what the cell had started lives on"


def _running(words):
    """Whether a process of this machine has these words in its command line."""
    time.sleep(0.2)
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = path.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if words in line and "pytest" not in line:
            return True
    return False


def _quoted(word):
    return "'" + word.replace("'", "'\\''") + "'"
