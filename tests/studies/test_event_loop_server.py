"""The study's server speaks HTTP/1.1 and OpenAI's protocol over a real socket, and counts."""

import http.client
import json
import os
import socket
import ssl
import subprocess
import sys
from contextlib import contextmanager

import pytest

from tests.studies.conftest import FOLDER

PROMPT = "JET multiplicity={} width=0.0800 ptd=0.3"


@contextmanager
def served(*words):
    """Start a server; gives its port."""
    argv = [sys.executable, "-E", "-S", str(FOLDER / "server.py"), "--until-eof", *words]
    pipe = subprocess.PIPE
    with subprocess.Popen(argv, stdin=pipe, stdout=pipe) as process:
        try:
            yield int(process.stdout.readline())
        finally:
            process.stdin.close()
            assert process.wait(10) == 0


@pytest.fixture(scope="module")
def port():
    with served() as port:
        yield port


@pytest.fixture
def connection(port):
    with opened(port) as connection:
        yield connection


@contextmanager
def opened(port):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        yield connection
    finally:
        connection.close()


def asked(connection, prompt, **more):
    messages = [{"role": "user", "content": prompt}]
    body = json.dumps({"model": "m", "messages": messages, **more})
    connection.request("POST", "/v1/chat/completions", body)
    return connection.getresponse()


def got(connection, path):
    connection.request("GET", path)
    response = connection.getresponse()
    return response.status, json.load(response)


def counts(port):
    with opened(port) as connection:
        return got(connection, "/counts")[1]


def test_a_completion_has_the_form_that_clients_read(connection):
    response = asked(connection, PROMPT.format(30))
    completion = json.load(response)
    assert response.status == 200
    assert completion["object"] == "chat.completion"
    assert completion["model"] == "m"
    assert completion["choices"][0]["finish_reason"] == "stop"
    assert completion["choices"][0]["message"]["role"] == "assistant"
    usage = completion["usage"]
    assert usage["total_tokens"] == usage["prompt_tokens"] + usage["completion_tokens"]


def test_fewer_particles_make_a_quark_jet_more_probable(connection):
    few, many = (
        json.loads(
            json.load(asked(connection, PROMPT.format(n)))["choices"][0]["message"]["content"]
        )
        for n in (20, 60)
    )
    assert few["quark"] > 0.5 > many["quark"]


def test_one_connection_serves_many_requests_and_each_is_counted(port):
    before = counts(port)
    with opened(port) as connection:
        for _ in range(3):
            asked(connection, PROMPT.format(30)).read()
        after = got(connection, "/counts")[1]
    assert after["completions"] - before["completions"] == 3
    assert after["connections"] - before["connections"] == 1


def test_a_streamed_answer_is_the_plain_one_in_pieces(connection):
    plain = json.load(asked(connection, PROMPT.format(30)))["choices"][0]["message"]["content"]
    response = asked(connection, PROMPT.format(30), stream=True)
    assert response.headers["Content-Type"] == "text/event-stream"
    events = [line for line in response.read().decode().split("\n\n") if line]
    assert all(event.startswith("data: ") for event in events)
    assert events[-1] == "data: [DONE]"
    chunks = [json.loads(event.removeprefix("data: ")) for event in events[:-1]]
    assert {chunk["object"] for chunk in chunks} == {"chat.completion.chunk"}
    deltas = [chunk["choices"][0]["delta"].get("content", "") for chunk in chunks]
    assert "".join(deltas) == plain
    assert len([delta for delta in deltas if delta]) > 1
    assert chunks[-1]["choices"][0]["finish_reason"] == "stop"
    assert got(connection, "/v1/models")[0] == 200  # the connection goes on after a stream


def test_models_are_listed(connection):
    status, models = got(connection, "/v1/models")
    assert (status, models["object"]) == (200, "list")
    assert models["data"][0]["id"]


def test_an_unknown_path_is_404_in_openais_words(connection):
    status, answer = got(connection, "/v1/embeddings")
    assert status == 404
    assert "/v1/embeddings" in answer["error"]["message"]


@pytest.mark.parametrize("body", [b"{", b"[]", b'{"messages": 3}', b'{"messages": ["x"]}'])
def test_a_malformed_completion_is_400_and_still_counted(port, body):
    before = counts(port)["completions"]
    with opened(port) as connection:
        connection.request("POST", "/v1/chat/completions", body)
        response = connection.getresponse()
        assert response.status == 400
        assert json.load(response)["error"]["message"]
    assert counts(port)["completions"] == before + 1


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"nonsense\r\n\r\n", 400),
        (b"GET / SPDY/3\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nbad header : x\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nContent-Length: 99999999\r\n\r\n", 413),
        (b"GET /" + b"x" * 70000 + b" HTTP/1.1\r\n\r\n", 431),
    ],
)
def test_what_is_not_http_is_refused_and_the_connection_closed(port, sent, status):
    with socket.create_connection(("127.0.0.1", port), timeout=10) as raw:
        raw.sendall(sent)
        answer = b""
        while part := raw.recv(65536):
            answer += part
    assert answer.startswith(f"HTTP/1.1 {status} ".encode())


def test_a_chunked_body_is_read(port):
    messages = json.dumps({"messages": [{"role": "user", "content": PROMPT.format(30)}]}).encode()
    with opened(port) as connection:
        parts = iter((messages[:10], messages[10:]))
        connection.request("POST", "/v1/chat/completions", parts, encode_chunked=True,
                           headers={"Transfer-Encoding": "chunked"})  # fmt: skip
        assert connection.getresponse().status == 200


def test_a_client_that_asks_for_it_gets_its_connection_closed(connection):
    connection.request("GET", "/v1/models", headers={"Connection": "close"})
    response = connection.getresponse()
    response.read()
    assert response.headers["Connection"] == "close"
    assert connection.sock is None


def test_an_idle_connection_is_closed_after_the_time_set():
    with served("--keep-alive", "0.05") as port, opened(port) as connection:
        assert got(connection, "/v1/models")[0] == 200
        assert connection.sock.recv(1) == b""


def test_without_keep_alive_each_connection_serves_one_request():
    with served("--keep-alive", "0") as port, opened(port) as connection:
        asked(connection, PROMPT.format(30)).read()
        assert connection.sock is None


def test_latency_delays_completions_and_nothing_else():
    with served("--latency", "30") as port, opened(port) as waiting:
        messages = [{"role": "user", "content": "JET "}]
        waiting.request("POST", "/v1/chat/completions", json.dumps({"messages": messages}))
        waiting.sock.settimeout(0.2)
        with pytest.raises(TimeoutError):
            waiting.sock.recv(1)
        assert counts(port)["completions"] == 1  # received, not yet answered


def test_the_server_ends_when_the_program_that_started_it_is_gone():
    with served() as port:
        pass
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), timeout=1)


@pytest.mark.parametrize("tls", [False, True])
def test_connections_left_open_are_counted(study, monkeypatch, tls):
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    with study("endpoint").LocalServer(tls=tls) as server:
        assert server.base_url.startswith("https:" if tls else "http:")
        assert (server.requests(), server.sockets()) == (0, 0)
        if tls:  # whom clients trust is said in the environment
            trusting = ssl.create_default_context(cafile=os.environ["SSL_CERT_FILE"])
            held = http.client.HTTPSConnection("127.0.0.1", server.port, context=trusting)
        else:
            held = http.client.HTTPConnection("127.0.0.1", server.port)
        asked(held, PROMPT.format(30)).read()
        assert (server.requests(), server.sockets()) == (1, 1)
        held.close()
        assert server.sockets() == 0


def test_no_two_certificates_are_alike_and_each_is_good_for_a_day(study, tmp_path):
    made = [study("certificate").self_signed() for _ in range(2)]
    assert made[0] != made[1]
    for number, pem in enumerate(made):
        path = tmp_path / f"{number}.pem"
        path.write_text(pem)
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(path)  # the key fits
        trusting = ssl.create_default_context(cafile=path)
        (found,) = trusting.get_ca_certs()
        until, since = (ssl.cert_time_to_seconds(found[end]) for end in ("notAfter", "notBefore"))
        assert until - since == 25 * 3600
