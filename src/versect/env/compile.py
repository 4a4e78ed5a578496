"""Compiles source files to bytecode without running them; executed by the target interpreter.

Stdlib only, Python 3.9 or later: ``python -I -S compile.py JOBS``, JOBS naming a JSON file with a
list of [source, target] pairs. Files that do not compile, such as templates, are passed over.
"""

import json
import os
import py_compile
import sys
import warnings

EX_IOERR = 74  # a full disk, say: what was compiled is not all that could have been


def compile_all(pairs: "list[tuple[str, str]]") -> None:
    """Compile each source into its target; unchecked, since both are immutable."""
    mode = py_compile.PycInvalidationMode.UNCHECKED_HASH
    for source, target in pairs:
        try:
            py_compile.compile(source, cfile=target, doraise=True, invalidation_mode=mode)
        except (py_compile.PyCompileError, ValueError, RecursionError, MemoryError):
            continue


def main() -> None:
    """Share the work among as many processes as there are processors.

    A file that crashes the compiler ends one of them; what was left to it stays uncompiled, which
    costs time and nothing else.
    """
    warnings.simplefilter("ignore")
    with open(sys.argv[1], encoding="utf-8") as file:
        pairs = json.load(file)
    workers = max(1, min(os.cpu_count() or 1, 8, len(pairs) // 50))
    children = []
    for number in range(workers):
        child = os.fork()
        if child == 0:
            try:
                compile_all(pairs[number::workers])
            except OSError as error:
                os.write(2, str(error).encode())
                os._exit(EX_IOERR)
            os._exit(0)
        children.append(child)
    ended = [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]
    sys.exit(EX_IOERR if EX_IOERR in ended else 0)


if __name__ == "__main__":
    main()
