"""Exceptions read from what people paste."""

import textwrap

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from versect.model.trial import Link
from versect.source.tracebacks import Call, read

SITE = "/srv/app/.venv/lib/python3.11/site-packages"
PLAIN = f"""\
Traceback (most recent call last):
  File "/srv/app/app.py", line 3, in <module>
    client = openai.OpenAI(api_key="x")
             ^^^^^^^^^^^^^^^^^^^^^^^^^^
  File "{SITE}/openai/_base_client.py", line 755, in __init__
    super().__init__(**kwargs)
TypeError: Client.__init__() got an unexpected keyword argument 'proxies'
"""


def faces(text):
    """Give type and message of the exceptions of each chain."""
    return [[(told.type, told.message) for told in chain] for chain in read(text).chains]


def last(text):
    return read(text).chains[-1][-1]


def test_a_traceback_gives_its_exception_and_its_calls():
    told = last(PLAIN)
    assert told.type == "TypeError"
    assert told.message == "Client.__init__() got an unexpected keyword argument 'proxies'"
    assert told.calls == (
        Call(
            file="/srv/app/app.py",
            line=3,
            function="<module>",
            text='client = openai.OpenAI(api_key="x")',
        ),
        Call(
            file=f"{SITE}/openai/_base_client.py",
            line=755,
            function="__init__",
            text="super().__init__(**kwargs)",
        ),
    )


PREFIXES = {
    "a quote": ("> ", "> "),
    "docker compose": ("web_1  | ", "web_1  | "),
    "a time that changes": ("2024-11-28T10:00:01.12Z  ", "2024-11-28T10:00:02.3456Z  "),
    "a journal": ("Nov 28 10:00:01 host app[123]: ", "Nov 28 10:00:09 host app[123]: "),
    "a log of which only the first line has it": ("2024-11-28 10:00:01,123 ERROR app: ", ""),
    "indentation": ("    ", "    "),
}


@pytest.mark.parametrize(("first", "others"), PREFIXES.values(), ids=PREFIXES)
def test_what_stands_before_every_line_is_seen_through(first, others):
    head, *rest = PLAIN.splitlines()
    text = "\n".join([first + head, *(others + line for line in rest), "INFO: going on"])
    assert read(text).chains == read(PLAIN).chains


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_colours_and_line_endings_are_seen_through(ending):
    coloured = PLAIN.replace("File", "\x1b[35mFile\x1b[0m").replace("\n", ending)
    assert read(coloured).chains == read(PLAIN).chains


def test_paths_of_windows_are_kept():
    text = PLAIN.replace("/srv/app/app.py", "C:\\work\\app.py")
    assert last(text).calls[0].file == "C:\\work\\app.py"


@pytest.mark.parametrize(
    ("words", "link"),
    [
        ("The above exception was the direct cause of the following exception:", Link.CAUSE),
        ("During handling of the above exception, another exception occurred:", Link.CONTEXT),
    ],
)
def test_exceptions_that_led_to_others_make_a_chain(words, link):
    (chain,) = read(f"{PLAIN}\n{words}\n\n{PLAIN.replace('TypeError', 'my.Error')}").chains
    assert [(told.type, told.link) for told in chain] == [
        ("TypeError", link),
        ("my.Error", Link.OUTERMOST),
    ]


def test_several_tracebacks_of_a_log_are_chains_of_their_own():
    text = f"starting\n{PLAIN}retrying\n{PLAIN.replace('TypeError', 'ValueError')}gave up\n"
    assert [chain[0][0] for chain in faces(text)] == ["TypeError", "ValueError"]


@pytest.mark.parametrize(
    ("printed", "message"),
    [
        ("AttributeError: module 'a' has no attribute 'b'. Did you mean: 'c'?",
         "module 'a' has no attribute 'b'"),
        ("NameError: name 'x' is not defined. Did you forget to import 'x'?",
         "name 'x' is not defined"),
        ("ModuleNotFoundError: No module named 'py.xml'; 'py' is not a package",
         "No module named 'py.xml'; 'py' is not a package"),
        ("KeyError: 'x'", "'x'"),
        ("StopIteration", ""),
        ("RuntimeError:", ""),
    ],
)  # fmt: skip
def test_the_message_is_what_str_gives_not_what_python_adds(printed, message):
    text = PLAIN.rpartition("TypeError")[0] + printed
    assert last(text).message == message


PYTEST = f"""\
============================= test session starts ==============================
platform linux -- Python 3.11.7, pytest-8.3.5, pluggy-1.5.0
collected 1 item

=================================== FAILURES ===================================
__________________________________ test_plain __________________________________

    def test_plain():
>       client = openai.AsyncOpenAI(api_key="y")

test_client.py:12:
_ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _
{SITE[1:]}/openai/_client.py:337: in __init__
    super().__init__(
E   TypeError: AsyncClient.__init__() got an unexpected keyword argument 'proxies'

{SITE[1:]}/openai/_base_client.py:1335: TypeError
=========================== short test summary info ============================
FAILED test_client.py::test_plain - TypeError: AsyncClient.__init__() got an ...
============================== 1 failed in 0.81s ===============================
"""


def test_output_of_pytest_gives_the_exception_the_calls_and_the_test():
    found = read(PYTEST)
    ((told,),) = found.chains
    assert (told.type, told.message[:11]) == ("TypeError", "AsyncClient")
    assert [(call.file[-15:], call.line) for call in told.calls] == [
        ("test_client.py", 12),
        ("enai/_client.py", 337),
        ("_base_client.py", 1335),
    ]
    assert found.tests == (
        ("test_client.py::test_plain", "TypeError: AsyncClient.__init__() got an ..."),
    )


def test_what_pytest_could_not_collect_is_read_too():
    text = textwrap.dedent(
        """\
        ==================================== ERRORS ====================================
        _______________________ ERROR collecting test_client.py ________________________
        ImportError while importing test module '/srv/app/test_client.py'.
        Hint: make sure your test modules/packages have valid Python names.
        Traceback:
        /usr/lib/python3.11/importlib/__init__.py:126: in import_module
            return _bootstrap._gcd_import(name[level:], package, level)
        test_client.py:1: in <module>
            from werkzeug.urls import url_quote
        E   ImportError: cannot import name 'url_quote' from 'werkzeug.urls' (/x/urls.py)
        =========================== short test summary info ============================
        ERROR test_client.py
        !!!!!!!!!!!!!!!!!!!! Interrupted: 1 error during collection !!!!!!!!!!!!!!!!!!!!
        """
    )
    found = read(text)
    ((told,),) = found.chains
    assert told.type == "ImportError"
    assert [call.line for call in told.calls] == [126, 1]
    assert [test for test, _ in found.tests] == ["test_client.py"]


def test_a_failed_assert_is_words_without_a_type():
    text = PYTEST.replace("TypeError: AsyncClient.__init__() got", "assert 1 == 2; got")
    assert last(text.partition("=== short")[0]).type == ""
    assert last(text).message.startswith("assert 1 == 2")


def test_a_short_summary_alone_will_do():
    text = "FAILED tests/test_a.py::test_b[x-1] - ValueError: no such thing\n1 failed"
    assert faces(text) == [[("ValueError", "no such thing")]]
    assert read(text).tests[0][0] == "tests/test_a.py::test_b[x-1]"


def test_exception_groups_give_their_members():
    text = textwrap.dedent(
        """\
          + Exception Group Traceback (most recent call last):
          |   File "/srv/app/app.py", line 9, in <module>
          |     asyncio.run(main())
          | ExceptionGroup: unhandled errors in a TaskGroup (1 sub-exception)
          +-+---------------- 1 ----------------
            | Traceback (most recent call last):
            |   File "/srv/app/app.py", line 5, in fail
            |     raise ValueError("deep")
            | ValueError: deep
            +------------------------------------
        """
    )
    assert [chain[0][0] for chain in faces(text)] == ["ExceptionGroup", "ValueError"]


def test_a_notebook_is_read():
    text = textwrap.dedent(
        """\
        ---------------------------------------------------------------------------
        TypeError                                 Traceback (most recent call last)
        Cell In[3], line 1
        ----> 1 client = openai.OpenAI(api_key="x")

        File ~/v/lib/python3.12/site-packages/openai/_client.py:123, in OpenAI.__init__(self)
            122 base_url = "x"
        --> 123 super().__init__(

        TypeError: Client.__init__() got an unexpected keyword argument 'proxies'
        """
    )
    told = last(text)
    assert told.type == "TypeError"
    assert told.calls[-1].file.endswith("openai/_client.py")


def test_what_rich_prints_is_read():
    text = textwrap.dedent(
        """\
        ╭───────────────────── Traceback (most recent call last) ──────────────────────╮
        │ /srv/app/app.py:3 in <module>                                                │
        │                                                                              │
        │ ❱ 3 client = openai.OpenAI(api_key="x")                                      │
        ╰──────────────────────────────────────────────────────────────────────────────╯
        TypeError: Client.__init__() got an unexpected keyword argument 'proxies'
        """
    )
    assert last(text).type == "TypeError"
    assert last(text).calls[0].file == "/srv/app/app.py"


def test_an_exception_on_a_line_of_its_own_is_taken_where_there_is_nothing_better():
    assert faces("it says httpx.ConnectError: refused, why?") == [
        [("httpx.ConnectError", "refused, why?")]
    ]
    assert faces("it is broken: nothing works") == []


@given(st.text())
@example("Traceback (most recent call last):")
@example('Traceback (most recent call last):\n  File "", line 99999999999999999999, in ')
def test_no_text_makes_it_fail(text):
    read(text)


LINES = st.sampled_from(
    [
        *PLAIN.splitlines(),
        *PYTEST.splitlines(),
        "The above exception was the direct cause of the following exception:",
        "During handling of the above exception, another exception occurred:",
        "| + Exception Group Traceback (most recent call last):",
        "E",
        "E   ",
        "E   :",
        "Traceback:",
        "a.py:1: in f",
        'File "x", line 1',
        "",
        " ",
        "X:",
        "\x1b[0m",
    ]
)


@given(st.lists(LINES, max_size=30).map("\n".join))
def test_no_mix_of_such_lines_makes_it_fail(text):
    for chain in read(text).chains:
        assert chain[-1].link is Link.OUTERMOST
        assert all(told.link is not Link.OUTERMOST for told in chain[:-1])
        assert all(told.type or told.message for told in chain)
