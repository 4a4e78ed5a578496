"""Which modules a program imports, told from its statements."""

from __future__ import annotations

import pytest

from versect.env.reach import imports, reached


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("import a.b, c as d  # e", {"a.b", "c"}),
        ("from . import x", {"pkg.sub", "pkg.sub.x"}),
        ("from ..up import (y,  # why\n    z as w,\n)", {"pkg.up", "pkg.up.y", "pkg.up.z"}),
        ("from .m import \\\n    n", {"pkg.sub.m", "pkg.sub.m.n"}),
        ("def f():\n    import other\n    from .mine import g", {"other"}),
        ("import a; import b", {"a"}),
        ("'import no'", set()),
        ("x = {'N': '.lazy'}\ndef __getattr__(name): ...", {"pkg.sub.lazy"}),
        ("from m import *", {"m", "m.*"}),
        ("import", set()),
    ],
)
def test_statements_that_load_modules(text: str, names: set[str]):
    assert set(imports(text, "pkg/sub/mod.py")) == names


def test_a_package_may_put_off_its_own_modules_and_a_program_anything():
    text = "def f():\n    from .mine import g"
    assert set(imports(text, "pkg/__init__.py")) == {"pkg.mine", "pkg.mine.g"}
    assert set(imports("if x:\n    import openai", "")) == {"openai"}
    assert set(imports("def f():\n    import single, other", "single.py")) == {"other"}


def test_what_is_reached_is_followed_through_packages_and_cycles():
    sources = {
        "a/__init__.py": "from .b import C\n",
        "a/b.py": "import a\nimport c.d\ndef f():\n    from .unused import x\n",
        "a/unused.py": "",
        "c/__init__.py": "",
        "c/d.py": "",
        "e.py": "",
    }
    found = reached(["a.nothing", "json"], sources, lambda f: imports(sources[f], f))
    assert found == {
        "a/__init__.py",
        "a/b.py",
        "c/__init__.py",
        "c/d.py",
    }
