"""Which modules a program will import, read from its import statements (pure).

Bytecode is worth making for modules that are imported: of openai's 1,200 these are 600, of numpy's,
scipy's and pandas's a third. Which ones they are, import statements tell without running anything:
what is too much costs a compilation, what is missing is compiled by every cell that imports it.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

_IMPORT = re.compile(
    r"^([ \t]*)(?:from[ \t]+(\.*[\w.]*)[ \t]+import[ \t]+(\([^)]*\)|(?:\\\n|[^\n#;])*)"
    r"|import[ \t]+((?:\\\n|[^\n#;])+))",
    re.MULTILINE,
)
_COMMENT = re.compile(r"#[^\n]*")
_LAZY = re.compile(r"""['"](\.\w[\w.]*)['"]""")


def imports(text: str, file: str) -> Iterator[str]:
    """Give the dotted names that a source may import as it is loaded, attributes among them.

    Statements inside functions count where they name somebody else's module, and in the
    ``__init__`` of a package: that is how packages put off what every use of them needs. So do
    relative names in strings beside a module's ``__getattr__``.

    Args:
        text: The source.
        file: Where it lies, relative to site-packages; empty for a program, all of whose
            statements count.

    """
    *folder, name = file.split("/")
    top = folder[0] if folder else name.removesuffix(".py")
    whole = not file or name == "__init__.py"
    for indent, origin, names, plain in _IMPORT.findall(text):
        if plain:
            modules = [word.split()[0] for word in _words(plain)]
        else:
            base = _absolute(origin, folder)
            modules = [base, *(f"{base}.{word.split()[0]}" for word in _words(names))]
        for module in modules:
            if whole or not indent or module.split(".")[0] != top:
                yield module
    if "\ndef __getattr__(" in text:
        yield from (_absolute(name, folder) for name in _LAZY.findall(text))


def roots(command: Sequence[str], sources: Iterable[str]) -> frozenset[str] | None:
    """Give the modules from which everything is imported that a reproduction runs.

    Args:
        command: Its words, the program first.
        sources: The texts of its own files.

    Returns:
        Dotted names; None when the program is not Python, and nobody can tell.

    """
    program, *words = command
    if not program.rpartition("/")[2].startswith("python"):
        return None
    found = {name for text in sources for name in imports(text, "")}
    for option, value in itertools.pairwise(words):
        if option == "-m":
            found |= {value, f"{value}.__main__"}
        elif option == "-c":
            found.update(imports(value, ""))
    return frozenset(found)


def reached(
    roots: Iterable[str], files: Collection[str], imported: Callable[[str], Iterable[str]]
) -> frozenset[str]:
    """Give the files that importing some modules loads, others through them included.

    Args:
        roots: Dotted names; what is no module of these files is passed over.
        files: Paths relative to site-packages.
        imported: Gives the names that a file imports; called once a file.

    """
    found: set[str] = set()
    seen: set[str] = set()
    waiting = list(roots)
    while waiting:
        name = waiting.pop()
        while name and name not in seen:  # a module's packages are loaded before it
            seen.add(name)
            path = name.replace(".", "/")
            file = f"{path}/__init__.py"
            if file in files or (file := f"{path}.py") in files:
                found.add(file)
                waiting += imported(file)
            name = name.rpartition(".")[0]
    return frozenset(found)


def _words(text: str) -> list[str]:
    """Take apart what is imported: names, each with its ``as`` still behind it."""
    plain = _COMMENT.sub("", text).replace("\\\n", " ").strip().strip("()")
    return [word for word in plain.split(",") if word.strip()]


def _absolute(name: str, home: list[str]) -> str:
    """Give the whole name of a relative one, as seen from a package."""
    bare = name.lstrip(".")
    dots = len(name) - len(bare)
    if not dots:
        return bare
    above = home[: len(home) - dots + 1]
    return ".".join([*above, bare] if bare else above)
