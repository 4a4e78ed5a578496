"""What every engine does with a tracer: its records come back, bounded, whatever they are."""

import pytest

from tests.contract.test_engine import engine, environment, folder, run  # noqa: F401 - fixtures
from versect.forensics.timeline import What
from versect.forensics.timeline_records import timeline
from versect.model.trial import Exited

LOOP = "import asyncio; asyncio.run(asyncio.sleep(0))"


def test_what_the_tracer_wrote_comes_back(run):  # noqa: F811
    done = run(LOOP, traced=True)
    seen = timeline(done.timeline)
    assert done.ending == Exited(status=0)
    assert [event.what for event in seen.events if event.subject == "loop-1"][:3] == [
        What.CREATED,
        What.SET,
        What.STARTED,
    ]


def test_without_a_tracer_nothing_comes_back(run):  # noqa: F811
    assert run(LOOP).timeline == ()


@pytest.mark.parametrize(
    "body",
    [
        "open(path, 'wb').write(b'[1]\\n{}\\nx')",
        "os.mkfifo(path)",
        "os.symlink('/etc/passwd', path)",
        "open(path, 'w').write(('{\"k\": \"note\"}' + chr(10)) * (1 << 21))",
    ],
)
def test_a_program_may_write_what_it_likes_in_the_tracer_s_name(run, body):  # noqa: F811
    start = (
        "import os; path = os.environ['VERSECT_TRACE']\nif os.path.exists(path): os.remove(path)"
    )
    done = run(f"{start}\n{body}", traced=True)
    assert done.ending == Exited(status=0)
    assert timeline(done.timeline).lives == ()
