"""Hypothesis strategies for whole trials: every kind of ending, hostile texts included."""

from datetime import UTC, datetime

from hypothesis import strategies as st
from packaging.version import Version

from versect.model.cell import Cell, Pins
from versect.model.outcome import Cause
from versect.model.study import Place
from versect.model.trial import (
    Exited,
    Frame,
    Link,
    NotRun,
    Observation,
    OutOfMemory,
    Output,
    Probe,
    RaisedException,
    SeenFailure,
    Setting,
    Signalled,
    TimedOut,
    Timings,
    Trial,
)

texts = st.text(max_size=20)
seconds = st.floats(min_value=0, max_value=1000)
moments = st.datetimes(min_value=datetime(2000, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001

endings = st.one_of(
    st.builds(Exited, status=st.integers(0, 255)),
    st.builds(Signalled, signal=st.sampled_from(["SIGSEGV", "SIGKILL"])),
    st.builds(TimedOut, limit=seconds),
    st.builds(OutOfMemory, limit=st.integers(0, 1 << 40), status=st.none() | st.integers(0, 255)),
    st.builds(NotRun, cause=st.sampled_from(Cause), detail=texts),
)

exceptions = st.builds(
    RaisedException,
    link=st.sampled_from(Link),
    type=texts,
    bases=st.tuples(texts),
    message=st.text(st.characters(), max_size=20),
    frames=st.tuples(st.builds(Frame, file=texts, line=st.integers(0, 9999), function=texts)),
)

failures = st.builds(
    SeenFailure,
    place=st.sampled_from(Place),
    note=texts,
    chain=st.lists(exceptions, max_size=3).map(tuple),
)

outputs = st.builds(Output, head=texts, tail=texts, size=st.integers(0, 1 << 40))

observations = st.builds(
    Observation,
    ending=endings,
    failures=st.lists(failures, max_size=2).map(tuple),
    imported=st.none() | st.frozensets(texts, max_size=3),
    stdout=outputs,
    stderr=outputs,
    timings=st.builds(Timings, resolve=seconds, build=seconds, start=seconds, run=seconds),
    peak_memory=st.none() | st.integers(0, 1 << 40),
    notes=st.lists(texts, max_size=2).map(tuple),
)

versions = st.sampled_from(["1.0", "2.0.1rc1", "3!4.post1"]).map(Version)

cells = st.builds(
    Cell,
    pins=st.builds(
        Pins,
        python=st.sampled_from(["3.11", "3.13"]),
        releases=st.lists(st.tuples(st.just("httpx"), versions), max_size=1).map(tuple),
        needs=st.sampled_from([(), ("aiohttp",), ("aiohttp<4", "httpx[http2]")]),
    ),
    parameters=st.lists(st.tuples(texts, texts), max_size=2).map(tuple),
)

settings = st.builds(
    Setting,
    engine=st.sampled_from(["local", "docker"]),
    version=st.none() | texts,
    interpreter=st.none() | texts,
    lock=st.none() | texts,
    packages=st.lists(st.tuples(texts, texts), max_size=2).map(tuple),
    environment=st.none() | texts,
    cut_off=st.none() | moments,
)


def trials():
    """Give trials of every kind."""
    return st.builds(
        Trial,
        fingerprint=texts,
        run=texts,
        at=moments,
        probe=st.builds(Probe, cell=cells, repeat=st.integers(0, 9)),
        setting=settings,
        observation=observations,
    )
