"""Which releases take part, and that no other is lost without a reason."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.version import Version

from tests.support.indexes import axis, projects, release, sdist, thing, wheel
from versect.model.release import DropReason
from versect.model.study import Every
from versect.select.platforms import compatible_tags
from versect.select.series import series, thin

TAGS = compatible_tags("3.12", "x86_64-manylinux_2_28")
CUT_OFF = datetime(2024, 2, 1, tzinfo=UTC)


def chosen(project, wanted, *, python="3.12", cut_off=None, build=False):
    """Give the series on a machine with glibc 2.28."""
    return series(
        project,
        wanted,
        python_version=python,
        tags=compatible_tags(python, "x86_64-manylinux_2_28"),
        cut_off=cut_off,
        build_allowed=build,
    )


def names(found):
    """Give the versions of a series as text."""
    return [str(one.version) for one in found.releases]


def many(*versions):
    """Give ``thing`` with these releases, a wheel each."""
    return thing(*map(release, versions))


def test_a_range_is_in_the_order_of_versions():
    found = chosen(many("1.10", "1.9", "2.0", "0.9"), axis(">=1"))
    assert names(found) == ["1.9", "1.10", "2.0"]


@pytest.mark.parametrize(
    ("one", "reason", "detail"),
    [
        (release("1.0rc1"), DropReason.PRE_RELEASE, ""),
        (release("1.0", wheel("1.0", yanked="mistagged")), DropReason.YANKED, "mistagged"),
        (
            release("1.0", wheel("1.0", requires_python=">=3.13")),
            DropReason.REQUIRES_PYTHON,
            "requires Python >=3.13",
        ),
        (release("1.0", sdist("1.0")), DropReason.NO_WHEEL, "only a source archive"),
        (
            release("1.0", wheel("1.0", "cp312-cp312-win_amd64"), sdist("1.0")),
            DropReason.NO_WHEEL,
            "only other wheels",
        ),
        (
            release("1.0", wheel("1.0", "cp312-cp312-manylinux_2_34_x86_64")),
            DropReason.NO_WHEEL,
            "only other wheels",
        ),
        (
            release("1.0", wheel("1.0", uploaded=datetime(2024, 3, 5, tzinfo=UTC))),
            DropReason.AFTER_CUT_OFF,
            "uploaded 2024-03-05",
        ),
    ],
)
def test_a_release_of_a_range_is_dropped_with_its_reason(one, reason, detail):
    found = chosen(thing(one), axis(">=0"), cut_off=CUT_OFF)
    assert names(found) == []
    assert [(d.version, d.reason, d.detail) for d in found.dropped] == [
        (one.version, reason, detail)
    ]


def test_a_version_without_files_is_dropped_as_such():
    project = thing(release("1.0"))
    empty = project.releases[0].__class__(version=Version("2.0"), files=())
    found = chosen(thing(*project.releases, empty), axis(">=0"))
    assert names(found) == ["1.0"]
    assert [d.reason for d in found.dropped] == [DropReason.NO_FILES]


def test_the_reasons_can_be_lifted_one_by_one():
    project = thing(
        release("1.0", sdist("1.0")), release("2.0", wheel("2.0", yanked="")), release("3.0a1")
    )
    assert names(chosen(project, axis(">=0"))) == []
    assert names(chosen(project, axis(">=0"), build=True)) == ["1.0"]
    assert names(chosen(project, axis(">=0", yanked=True))) == ["2.0"]
    assert names(chosen(project, axis(">=0", pre=True))) == ["3.0a1"]
    assert names(chosen(project, axis(">=3.0a1"))) == ["3.0a1"]


def test_one_file_that_is_not_yanked_keeps_a_release():
    found = chosen(thing(release("1.0", sdist("1.0", yanked="broken"), wheel("1.0"))), axis(">=0"))
    assert names(found) == ["1.0"]


def test_a_yanked_wheel_beside_a_good_archive_is_no_wheel():
    found = chosen(thing(release("1.0", wheel("1.0", yanked="broken"), sdist("1.0"))), axis(">=0"))
    assert [d.reason for d in found.dropped] == [DropReason.NO_WHEEL]


@pytest.mark.parametrize(
    "one",
    [
        release("1.0rc1"),
        release("1.0", wheel("1.0", yanked="broken")),
        release("1.0", wheel("1.0", requires_python="<3")),
        release("1.0", sdist("1.0")),
    ],
)
def test_a_version_that_is_named_is_kept_whatever_speaks_against_it(one):
    found = chosen(thing(one), axis(str(one.version)))
    assert names(found) == [str(one.version)]
    assert not found.dropped


def test_a_version_that_is_named_and_does_not_exist_is_missing():
    found = chosen(many("1.0"), axis("1.0", "9.9"))
    assert names(found) == ["1.0"]
    assert found.missing == (Version("9.9"),)


def test_versions_are_equal_however_they_are_written():
    assert chosen(many("1.0"), axis("1.0.0")).missing == ()


def test_a_specifier_beside_versions_is_its_newest_release():
    found = chosen(many("1.0", "1.5", "2.0", "2.1", "3.0rc1"), axis("1.0", "<2.1", ">=2"))
    assert names(found) == ["1.0", "2.0", "2.1"]
    assert found.thinned == (Version("1.5"),)


def test_a_patch_release_of_the_interpreter_counts_only_where_it_is_known():
    project = thing(release("1.0", wheel("1.0", requires_python=">=3.12.4")))
    assert names(chosen(project, axis(">=0"), python="3.12")) == ["1.0"]
    assert names(chosen(project, axis(">=0"), python="3.12.4")) == ["1.0"]
    assert names(chosen(project, axis(">=0"), python="3.12.3")) == []


@pytest.mark.parametrize(
    ("every", "limit", "left"),
    [
        (Every.RELEASE, None, ["1.0", "1.0.1", "1.0.1.post1", "1.1", "1.1.3", "2.0"]),
        (Every.PATCH_LATEST, None, ["1.0", "1.0.1.post1", "1.1", "1.1.3", "2.0"]),
        (Every.MINOR_LATEST, None, ["1.0.1.post1", "1.1.3", "2.0"]),
        (Every.RELEASE, 3, ["1.0", "1.0.1.post1", "2.0"]),
        (Every.RELEASE, 1, ["2.0"]),
        (Every.MINOR_LATEST, 2, ["1.0.1.post1", "2.0"]),
        (Every.RELEASE, 99, ["1.0", "1.0.1", "1.0.1.post1", "1.1", "1.1.3", "2.0"]),
    ],
)
def test_thinning_by_hand(every, limit, left):
    project = many("1.0", "1.0.1", "1.0.1.post1", "1.1", "1.1.3", "2.0")
    found = chosen(project, axis(">=0", every=every, limit=limit))
    assert names(found) == left
    everything = [r.version for r in project.releases]
    assert sorted([*found.thinned, *map(Version, left)]) == everything


@given(projects(), st.sampled_from(Every), st.none() | st.integers(1, 8))
def test_thinning_keeps_order_and_both_ends_and_is_done_once(project, every, limit):
    lines = thin(project.releases, every, None)
    left = thin(project.releases, every, limit)
    assert [r.version for r in left] == sorted(r.version for r in left)
    assert {r.version for r in left} <= {r.version for r in lines}
    assert thin(left, every, limit) == left
    assert len(left) == min(len(lines), limit or len(lines))
    if lines:
        assert left[-1] == lines[-1] == project.releases[-1]
    if lines and limit != 1:
        assert left[0] == lines[0]


choices = st.sampled_from(
    [
        (">=0",),
        (">=1,<3",),
        ("!=2.0.0",),
        ("<2", ">=1"),
        ("1.0.0", "<3"),
        ("2.1.0rc1", ">=1.0a1", "<1"),
        ("4.4.4",),
    ]
)


axes = st.builds(
    lambda wanted, **said: axis(*wanted, **said),
    choices,
    every=st.sampled_from(Every),
    limit=st.none() | st.integers(1, 4),
    pre=st.booleans(),
    yanked=st.booleans(),
)


@given(projects(), axes, st.booleans())
def test_every_release_that_is_admitted_is_kept_dropped_or_thinned_out(project, asked, build):
    found = chosen(project, asked, cut_off=CUT_OFF, build=build)
    specifiers = [c for c in asked.choices if not isinstance(c, Version)]
    named = {c for c in asked.choices if isinstance(c, Version)}
    exists = {r.version for r in project.releases}
    admitted = {v for v in exists if any(s.contains(v, prereleases=True) for s in specifiers)} | (
        named & exists
    )
    parts = (
        [r.version for r in found.releases],
        [d.version for d in found.dropped],
        list(found.thinned),
    )
    together = [version for part in parts for version in part]
    assert len(together) == len(set(together))
    assert set(together) == admitted
    assert set(found.missing) == named - exists
    assert all(part == sorted(part) for part in parts)
    assert named & exists <= set(parts[0])
