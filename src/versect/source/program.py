"""What a program needs: the modules it imports, its own files, and its PEP 723 block."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from versect.errors import Fault, StudyError, UsageError
from versect.source.modules import is_standard

_MOST = 500
"""Files of its own that are followed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """What the texts of a program say."""

    modules: tuple[str, ...]
    """Dotted names that somebody else's packages bring, in the order of the imports, each once;
    where a package is imported from, with the name that is taken: it may be a module."""
    optional: frozenset[str]
    """Those that the program can do without: it catches the ImportError."""
    files: tuple[str, ...]
    """The program's own files, relative to the root, the script first."""


@dataclass(slots=True)
class _Found:
    modules: dict[str, None] = field(default_factory=dict)
    needed: set[str] = field(default_factory=set)
    files: dict[str, None] = field(default_factory=dict)


def of_script(path: Path, root: Path) -> Program:
    """Read a script and the modules beside it that it imports, theirs included.

    Args:
        path: The script.
        root: The study's folder: files outside are no part of the study.

    Raises:
        UsageError: The script cannot be read.
        StudyError: It is not Python 3.

    """
    found = _Found()
    _follow(path, path.parent, root, found)
    return _program(found)


def of_code(code: str, root: Path) -> Program:
    """Read what ``python -c`` is given, likewise; code that is none imports nothing."""
    found = _Found()
    try:
        tree = ast.parse(code)
    except (SyntaxError, ValueError, RecursionError):
        return _program(found)
    _imports(tree, root, root, found)
    return _program(found)


def local(module: str, folder: Path) -> Path | None:
    """Give the file of a module that lies in a folder, or None."""
    base = folder.joinpath(*module.split("."))
    for path in (base.with_suffix(".py"), base / "__init__.py"):
        if path.is_file():
            return path
    return None


def _program(found: _Found) -> Program:
    return Program(
        modules=tuple(found.modules),
        optional=frozenset(found.modules) - found.needed,
        files=tuple(found.files),
    )


def _follow(path: Path, home: Path, root: Path, found: _Found) -> None:
    try:
        relative = path.resolve().relative_to(root.resolve()).as_posix()
    except ValueError:
        return
    if relative in found.files or len(found.files) >= _MOST:
        return
    first = not found.files
    found.files[relative] = None
    try:
        tree = ast.parse(path.read_bytes())
    except OSError as error:
        if first:
            raise UsageError(f"cannot read {path}: {error.strerror}") from error
        return
    except (SyntaxError, ValueError, RecursionError) as error:
        if first:
            raise _not_python(path, error) from error
        return
    _imports(tree, home, root, found, package=path.parent)


def _not_python(path: Path, error: Exception) -> StudyError:
    line = getattr(error, "lineno", None)
    where = f"line {line}: " if line else ""
    words = getattr(error, "msg", None) or str(error)
    return StudyError(
        str(path),
        (Fault("", f"not a Python 3 script: {where}{words}"),),
        remedy="for another program: versect init -- COMMAND",
    )


def _imports(
    tree: ast.AST, home: Path, root: Path, found: _Found, package: Path | None = None
) -> None:
    for name, level, optional in _names(tree, optional=False):
        if level:
            base = (package or home).joinpath(*[".."] * (level - 1)).resolve()
            file = local(name, base) if name else None
            if file is not None:
                _follow(file, home, root, found)
            continue
        mine = _mine(name, home)
        if mine:
            for file in mine:
                _follow(file, home, root, found)
        elif not is_standard(name):
            found.modules.setdefault(name)
            if not optional:
                found.needed.add(name)


def _mine(name: str, home: Path) -> list[Path]:
    """Give the files that importing one of the program's own modules runs; none for others'."""
    parts = name.split(".")
    packages = [home.joinpath(*parts[:n], "__init__.py") for n in range(1, len(parts))]
    files = [path for path in packages if path.is_file()]
    own = local(name, home)
    if own is not None:
        return [*files, own]
    # ``from helper import mean``: the last part is no module of its own
    parent = local(".".join(parts[:-1]), home) if len(parts) > 1 else None
    return [*files, parent] if parent is not None else files


def _names(tree: ast.AST, *, optional: bool) -> Iterator[tuple[str, int, bool]]:
    """Give dotted names, their level (0 for absolute ones), and whether they may be missing."""
    for node in ast.iter_child_nodes(tree):
        match node:
            case ast.Import(names=names):
                yield from ((alias.name, 0, optional) for alias in names)
            case ast.ImportFrom(module=module, names=names, level=level):
                base = f"{module}." if module else ""
                yield from (
                    ((module or "") if alias.name == "*" else base + alias.name, level, optional)
                    for alias in names
                )
            case ast.If(test=test, orelse=orelse) if _is_type_checking(test):
                yield from _of_all(orelse, optional=optional)
            case ast.Try(body=body, handlers=handlers) if _catches_import(handlers):
                yield from _of_all(body, optional=True)
                rest = (*(h for h in handlers), *node.orelse, *node.finalbody)
                yield from _of_all(rest, optional=True)
            case ast.Call(
                func=ast.Attribute(attr="import_module") | ast.Name(id="import_module"),
                args=[ast.Constant(value=str(name)), *_],
            ) if not name.startswith("."):
                yield name, 0, optional
            case _:
                yield from _names(node, optional=optional)


def _of_all(nodes: Sequence[ast.AST], *, optional: bool) -> Iterator[tuple[str, int, bool]]:
    yield from _names(ast.Module(body=list(nodes), type_ignores=[]), optional=optional)  # type: ignore[arg-type]


def _is_type_checking(test: ast.expr) -> bool:
    match test:
        case ast.Name(id="TYPE_CHECKING") | ast.Attribute(attr="TYPE_CHECKING"):
            return True
        case _:
            return False


def _catches_import(handlers: Sequence[ast.ExceptHandler]) -> bool:
    for handler in handlers:
        kinds = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
        for kind in kinds:
            if kind is None or (
                isinstance(kind, ast.Name)
                and kind.id in {"ImportError", "ModuleNotFoundError", "Exception", "BaseException"}
            ):
                return True
    return False
