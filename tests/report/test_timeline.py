"""A timeline as text: stories first, then a line an event beside a column a loop."""

import json

from tests.support.timelines import collected, event, life
from versect.forensics.timeline import Kind, Timeline, What
from versect.report.timeline import document, lanes, told

TOLD = """\
1. [collected] client-1 (AsyncOpenAI) was collected unclosed while loop-2 ran
   - client-1 (AsyncOpenAI) was made
       app.py:7 in main: run()
   - its owner was clf (run, app.py:95) -> Classifier._client -> AsyncOpenAI
       app.py:95 in run: run()
   - it was let go of
       app.py:96 in run: clf = Classifier()
   - collection-1 (generation 2) while loop-2 ran finalised client-1
       app.py:7 in main: run()
   - loop-1 was closed
       app.py:7 in main: run()
   - AsyncHttpxClientWrapper.__del__ put aclose on loop-2, though the client belongs to loop-1
       app.py:7 in main: run()"""


def test_a_story_is_told_with_the_line_of_each_sentence():
    lines = told(collected())
    assert "\n".join(lines).startswith(TOLD)
    assert lines[-1].startswith("note: no monitoring")


def test_a_run_without_trouble_says_so():
    quiet = Timeline(lives=(), events=(), notes=(), cut=True)
    assert told(quiet) == (
        "no client outlived its loop, and none was left unclosed",
        "there were too many events to record: later ones are missing",
    )


def test_a_loop_s_column_follows_its_life():
    columns = [line[:3] for line in lanes(collected())]
    assert columns[:10] == ["1 2", "│  ", "│  ", "┃  ", "┃  ", "┃  ", "│  ", "×  ", "× │", "× ┃"]
    assert columns[-1] == "× ×"


def test_transports_that_share_a_fate_share_a_line():
    lives = tuple(life(f"transport-{n}", Kind.TRANSPORT, "a.Transport") for n in (1, 2))
    made = [event(0.1, What.CREATED, one.name) for one in lives]
    gone = [event(0.2, what, one.name) for one in lives for what in (What.FINALISED, What.UNCLOSED)]
    seen = lanes(Timeline(lives=lives, events=(*made, *gone), notes=(), cut=False))
    assert [line.split("  [")[0].strip() for line in seen] == [
        "0.1000  transport-1, transport-2 created",
        "0.2000  transport-1, transport-2 are finalised unclosed",
    ]


def test_the_document_is_plain_json_with_lines_and_numbers_of_events():
    whole = json.loads(json.dumps(document(collected())))
    (story,) = whole["stories"]
    assert (story["plot"], story["times"]) == ("collected", 1)
    numbers = [number for one in story["sentences"] for number in one["events"]]
    assert all(0 <= number < len(whole["events"]) for number in numbers)
    assert {"lives", "events", "notes", "cut"} < whole.keys()
