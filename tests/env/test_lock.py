"""Locks as text and as a value."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from versect.env.lock import LockError, parse, part, settled
from versect.select.platforms import ranked_tags

HEADER = 'lock-version = "1.0"\ncreated-by = "uv"\nrequires-python = ">=3.12.1"\n'


def _package(name, version="1.0", sha="a" * 64, *, kind="wheels"):
    end = "-py3-none-any.whl" if kind == "wheels" else ".tar.gz"
    url = f"https://files.invalid/{name}-{version}{end}"
    file = f'{{ url = "{url}", hashes = {{ sha256 = "{sha}" }} }}'
    entry = f"wheels = [{file}]" if kind == "wheels" else f"sdist = {file}"
    return f'\n[[packages]]\nname = "{name}"\nversion = "{version}"\n{entry}\n'


def test_a_package_is_the_very_file():
    (package,) = parse(HEADER + _package("httpx", "0.27.2")).packages
    assert package.filename == "httpx-0.27.2-py3-none-any.whl"
    assert package.sha256 == "a" * 64
    assert str(package.version) == "0.27.2"


def test_a_source_archive_is_a_file_too():
    (package,) = parse(HEADER + _package("old", kind="sdist")).packages
    assert package.filename == "old-1.0.tar.gz"


def test_two_texts_that_install_the_same_have_one_digest():
    one = parse(HEADER + _package("a") + _package("b"))
    two = parse(HEADER.replace("3.12.1", "3.11") + _package("b") + _package("a"))
    assert one.digest == two.digest
    assert one.text != two.text


@pytest.mark.parametrize(
    "other", [_package("a", "1.1"), _package("a", sha="b" * 64), _package("c")]
)
def test_what_installs_something_else_has_another_digest(other):
    assert parse(HEADER + _package("a")).digest != parse(HEADER + other).digest


def test_an_environment_may_hold_nothing():
    assert parse(HEADER + "packages = []\n").packages == ()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("nonsense [", "line 1"),
        ('lock-version = "1.0"\n', "created-by"),
        (HEADER + '[[packages]]\nname = "a"\nversion = "1"\n', "must be set"),
        (HEADER + _package("a").replace("sha256", "md5"), "no sha256"),
        (
            HEADER
            + _package("a").replace(
                "[{", "[{url = 'a-1-py2-none-any.whl', hashes={sha256='b'}}, {"
            ),
            "2 wheels",
        ),
    ],
)
def test_what_is_no_lock_of_one_environment_is_refused_with_the_reason(text, words):
    with pytest.raises(LockError, match=words):
        parse(text)


@given(st.sets(st.sampled_from("abcdef")), st.sets(st.sampled_from("abcdef"), min_size=1))
def test_a_part_holds_the_packages_asked_for_and_no_others(wanted, all_names):
    whole = parse(HEADER + "".join(_package(name) for name in sorted(all_names)))
    text = part(whole, wanted & all_names)
    if wanted & all_names:
        assert [p.name for p in parse(text).packages] == sorted(wanted & all_names)


def test_a_part_fits_any_interpreter():
    assert "requires-python" not in part(parse(HEADER + _package("a")), {"a"})


def test_of_several_wheels_the_one_that_installers_take_stays():
    url = "https://files.example"
    native, pure, other = (
        f"{url}/two-1.0-cp312-cp312-manylinux_2_17_x86_64.manylinux2014_x86_64.whl",
        f"{url}/two-1.0-py3-none-any.whl",
        f"{url}/two-1.0-cp312-cp312-manylinux_2_28_x86_64.whl",
    )
    wheels = "".join(
        f'    {{ url = "{one}", hashes = {{ sha256 = "{str(n) * 64}" }} }},\n'
        for n, one in enumerate((pure, native, other), 1)
    )
    text = f'{HEADER}[[packages]]\nname = "two"\nversion = "1.0"\nwheels = [\n{wheels}]\n'
    with pytest.raises(LockError, match="3 wheels"):
        parse(text)

    def taken(platform):
        (package,) = parse(settled(text, ranked_tags("3.12", platform))).packages
        return f"{url}/{package.filename}"

    assert taken("x86_64-manylinux_2_36") == other
    assert taken("x86_64-manylinux_2_17") == native
    assert taken("aarch64-manylinux_2_36") == pure
