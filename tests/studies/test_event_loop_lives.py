"""The strategies' lives of loop and client, with a client that remembers on which loop it was."""

import asyncio
from types import SimpleNamespace

import pytest

ONE_LOOP = ("global-loop", "runner", "background-thread", "portal")
CLOSING = ("context-manager", "explicit-close", *ONE_LOOP)
LEAVING = ("per-instance-loop", "never-close", "keep-references")


class Client:
    """Answers with what it is asked, and remembers its loops."""

    def __init__(self, **settings):
        self.settings, self.used, self.closed = settings, set(), []
        self.under_way = self.most = 0
        self.chat = SimpleNamespace(completions=self)

    async def create(self, *, text, stream=False):
        self.used.add(asyncio.get_running_loop())
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        await asyncio.sleep(0)
        self.under_way -= 1
        return self._pieces(text) if stream else answer("message", text)

    async def _pieces(self, text):
        for letter in text:
            yield answer("delta", letter)

    def is_closed(self):
        return bool(self.closed)

    async def close(self):
        self.closed.append(asyncio.get_running_loop())

    async def __aenter__(self):
        return self

    async def __aexit__(self, *_):
        await self.close()


def answer(part, text):
    return SimpleNamespace(choices=[SimpleNamespace(**{part: SimpleNamespace(content=text)})])


@pytest.fixture
def made():
    """Every client that was made."""
    return []


@pytest.fixture
def clients(study, made):
    """Give clients of the kind above, one for all or one for each."""

    def make(*, shared):
        def maker(**settings):
            made.append(Client(**settings))
            return made[-1]

        return study("clients").Clients(shared=shared, maker=maker, base_url="u")

    return make


@pytest.fixture
def strategies(study):
    """The strategies by name; what they share ends with the test."""
    found = study("strategies").STRATEGIES
    yield found
    asyncio.set_event_loop(None)
    for kind in found.values():
        kind.finish(None)


def asked(strategy, texts=("a", "b", "c"), most=2):
    told = []
    questions = [{"text": text} for text in texts]
    found = strategy.answers(questions, most, lambda *step: told.append(step))
    assert told == [(n + 1, len(texts)) for n in range(len(texts))]
    return found


@pytest.mark.parametrize("name", CLOSING)
def test_a_closing_strategy_closes_each_client_on_the_loop_that_it_lived_on(
    name, strategies, clients, made
):
    source = clients(shared=False)
    for _ in range(2):
        classifier = strategies[name](source)
        assert asked(classifier) == ["a", "b", "c"]
        classifier.close()
    strategies[name].finish(None)
    assert len(made) == 2
    for client in made:
        assert client.closed == list(client.used)
        assert client.closed[0].is_closed()
        assert client.most == 2


@pytest.mark.parametrize("name", CLOSING)
def test_closing_twice_or_unasked_does_no_harm(name, strategies, clients, made):
    classifier = strategies[name](clients(shared=False))
    classifier.close()
    asked(classifier)
    classifier.close()
    if name not in ONE_LOOP:  # with these a client is asked to close twice, which is its affair
        classifier.close()
    assert len(made[0].closed) == 1


@pytest.mark.parametrize("name", ONE_LOOP)
def test_one_loop_serves_a_shared_client_to_the_end(name, strategies, clients, made):
    source = clients(shared=True)
    first, second = strategies[name](source), strategies[name](source)
    for classifier in (first, second, first):
        asked(classifier)
    first.release()
    second.release()
    assert not made[0].closed
    strategies[name].finish(source.left_open())
    assert made[0].closed == list(made[0].used)
    assert source.left_open() is None


@pytest.mark.parametrize("name", LEAVING)
def test_a_leaving_strategy_closes_nothing_when_it_ends(name, strategies, clients, made):
    classifier = strategies[name](clients(shared=False))
    asked(classifier)
    classifier.close()
    (loop,) = made[0].used
    assert not made[0].closed
    assert not loop.is_closed()
    loop.close()


def test_the_loop_as_users_wrote_it_is_closed_under_a_client_that_others_use(
    strategies, clients, made
):
    source = clients(shared=True)
    classifier = strategies["per-instance-loop"](source)
    asked(classifier)
    classifier.release()
    (loop,) = made[0].used
    assert loop.is_closed()
    assert source.left_open() is made[0]


def test_a_finaliser_that_the_last_reference_calls_closes_both(strategies, clients, made):
    classifier = strategies["close-in-del"](clients(shared=False))
    asked(classifier)
    del classifier
    (loop,) = made[0].used
    assert made[0].closed == [loop]
    assert loop.is_closed()


@pytest.mark.filterwarnings("ignore:coroutine .*close.* was never awaited:RuntimeWarning")
def test_a_finaliser_that_is_called_inside_a_running_loop_closes_nothing(strategies, clients, made):
    classifier = strategies["close-in-del"](clients(shared=False))
    asked(classifier)

    async def drop():
        nonlocal classifier
        classifier = None

    asyncio.run(drop())
    assert not made[0].closed


@pytest.mark.parametrize("name", ["explicit-close", "background-thread"])
def test_a_streamed_answer_is_put_together(name, strategies, clients):
    classifier = strategies[name](clients(shared=False))
    questions = [{"text": "abc", "stream": True}, {"text": "d", "stream": True}]
    assert classifier.answers(questions, 2, lambda *_: None) == ["abc", "d"]
    classifier.close()


def test_the_first_error_ends_the_others_and_is_raised(study, clients):
    async def create(*, text):
        if text == "bad":
            raise ValueError(text)
        await asyncio.sleep(60)

    client = SimpleNamespace(chat=SimpleNamespace(completions=SimpleNamespace(create=create)))
    questions = [{"text": "slow"}, {"text": "bad"}]
    with pytest.raises(ValueError, match="bad"):
        asyncio.run(study("clients").gather(client, questions, 2, lambda *_: None))


def test_the_classifier_of_the_study_closes_itself(study, clients, made, strategies):
    make = study("classifier").LocalLLMClassifier
    where = "m", "summary", "low", "http://127.0.0.1:9/v1", "k"
    life = strategies["explicit-close"](clients(shared=False))
    with make(*where, strategy=life) as classifier:
        assert not hasattr(type(classifier), "__del__")
        asked(life)
    assert made[0].closed == list(made[0].used)
    classifier.close()
    assert isinstance(make(*where)._strategy, strategies["explicit-close"])
