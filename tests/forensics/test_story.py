"""Stories name the lines of a timeline, and the events that support each sentence."""

from dataclasses import replace

from tests.support.timelines import collected, event, life, line
from versect.forensics.story import Plot, Role, alike, stories
from versect.forensics.timeline import Kind, Timeline, What


def plots(timeline):
    return [story.plot for story in stories(timeline)]


def of(lives, events):
    return Timeline(lives=tuple(lives), events=tuple(events), notes=(), cut=False)


LIVES = (
    life("loop-1", Kind.LOOP, "a.Loop"),
    life("loop-2", Kind.LOOP, "a.Loop"),
    life("client-1", Kind.CLIENT, "a.Client", "loop-1"),
)


def test_every_sentence_is_supported_by_events_that_say_so():
    timeline = collected()
    (story,) = stories(timeline)
    assert (story.plot, story.lives) == (Plot.COLLECTED, ("client-1", "loop-1", "loop-2"))
    told = {
        one.role: {timeline.events[number].what for number in one.events} for one in story.sentences
    }
    assert told == {
        Role.CREATED: {What.CREATED},
        Role.OWNED: set(),
        Role.DROPPED: {What.DROPPED},
        Role.COLLECTED: {What.COLLECTION, What.FINALISED},
        Role.CLOSED: {What.CLOSED},
        Role.SCHEDULED: {What.SCHEDULED},
    }
    assert story.place(Role.DROPPED).line == 96
    assert story.place(Role.UNSEEN) is None


def test_the_task_of_a_finaliser_leads_to_what_it_ran_into():
    timeline = collected()
    made = event(1.2503, What.CREATED, "task-1", other="client-1", detail="aclose")
    refused = replace(next(e for e in timeline.events if e.what is What.REFUSED), other="task-1")
    events = [refused if e.what is What.REFUSED else e for e in timeline.events]
    at = next(n for n, e in enumerate(events) if e.what is What.SCHEDULED)
    (story,) = stories(replace(timeline, events=(*events[:at], made, *events[at:])))
    assert story.place(Role.REFUSED).function == "_check_closed"
    assert [one.role for one in story.sentences[-2:]] == [Role.REFUSED, Role.UNSEEN]


def test_a_finaliser_that_closes_a_client_on_its_own_loop_is_no_story():
    scheduled = event(1.0, What.SCHEDULED, "client-1", other="loop-1")
    assert plots(of(LIVES, [scheduled])) == []


def test_a_finaliser_that_closes_a_closed_client_once_more_is_no_story():
    scheduled = event(2.0, What.SCHEDULED, "client-1", other="loop-2")
    closed = event(1.0, What.CLOSED, "client-1")
    assert plots(of(LIVES, [scheduled])) == [Plot.COLLECTED]
    assert plots(of(LIVES, [closed, scheduled])) == []
    assert plots(of(LIVES, [scheduled, closed])) == [Plot.COLLECTED]


def test_what_became_of_its_own_loop_tells_reused_from_shared():
    crossed = event(2.0, What.CROSSED, "client-1", loop="loop-2", other="loop-2", detail="used")
    closed = event(1.0, What.CLOSED, "loop-1")
    assert plots(of(LIVES, [closed, crossed])) == [Plot.REUSED]
    assert plots(of(LIVES, [crossed])) == [Plot.SHARED]
    assert plots(of(LIVES, [crossed, replace(closed, at=3.0)])) == [Plot.SHARED]


def test_the_closing_that_a_finaliser_put_on_another_loop_is_told_once():
    scheduled = event(1.0, What.SCHEDULED, "client-1", other="loop-2")
    crossed = event(2.0, What.CROSSED, "client-1", loop="loop-2", other="loop-2", detail="closed")
    assert plots(of(LIVES, [scheduled, crossed])) == [Plot.COLLECTED]


def test_a_client_closed_on_another_loop_is_closed_elsewhere():
    crossed = event(2.0, What.CROSSED, "client-1", loop="loop-2", other="loop-2", detail="closed")
    assert plots(of(LIVES, [crossed])) == [Plot.CLOSED_ELSEWHERE]


def test_a_client_in_a_client_is_told_of_with_it():
    outer, inner = line("a.py", 3, "Outer.__init__"), line("b.py", 4, "Inner.__init__")
    lives = (*LIVES, life("client-2", Kind.CLIENT, "a.Inner", "loop-1"))
    made = [
        event(0.1, What.CREATED, "client-1", stack=(line(), outer)),
        event(0.2, What.CREATED, "client-2", stack=(line(), outer, inner)),
    ]
    left = [event(9.0, What.UNCLOSED, name, detail="alive") for name in ("client-2", "client-1")]
    (story,) = stories(of(lives, [*made, *left]))
    assert (story.plot, story.lives) == (Plot.LEAKED, ("client-1", "client-2"))


def test_a_loop_that_nobody_closed_is_told_of_alone():
    left = event(9.0, What.UNCLOSED, "loop-2", detail="alive when the program ended")
    (story,) = stories(of(LIVES, [left]))
    assert (story.lives, story.headline) == (("loop-2",), "loop-2 (Loop) was never closed")


def test_a_line_that_may_have_let_go_is_said_to_be_a_candidate():
    drops = [
        event(1.0, What.DROPPED, "client-1", detail=how, certain=False, stack=(line(text=how),))
        for how in ("del client", "client = ...")
    ]
    left = event(2.0, What.FINALISED, "client-1"), event(2.0, What.UNCLOSED, "client-1")
    (story,) = stories(of(LIVES, [*drops, *left]))
    told = [one for one in story.sentences if one.role is Role.DROPPED]
    assert [(one.line.text, one.certain) for one in told] == [
        ("del client", False),
        ("client = ...", False),
    ]


def test_stories_that_take_the_same_lines_are_counted():
    lives = (*LIVES, life("client-2", Kind.CLIENT, "a.Client", "loop-1"))
    left = [event(9.0, What.UNCLOSED, name, detail="alive") for name in ("client-1", "client-2")]
    found = stories(of(lives, left))
    assert len(found) == 2
    assert alike(found) == ((found[0], 2),)
