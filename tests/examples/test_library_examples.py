# SPDX-License-Identifier: Apache-2.0
"""The examples that need libraries, jars or a broker; their scripts share one Flink."""

import json
import re
import socket
from collections.abc import Iterator
from pathlib import Path

import joblib
import numpy as np
import pandas as pd
import pytest
import transformers
from cluster.session_cluster import free_ports
from e2e.processes import running, wait_until
from safetensors.numpy import load_file
from tokenizers import Tokenizer

from .checkout import Checkout

pytestmark = pytest.mark.slow

_EXAMPLES = ("churn", "sentiment", "embeddings", "java-provider", "kafka")


@pytest.fixture(scope="module")
def _broker(checkout: Checkout) -> Iterator[None]:
    """The broker of the Kafka example, at a free port."""
    ports = dict(zip(("9092", "9093"), map(str, free_ports(2)), strict=True))
    for name in ("server.properties", "kafka.sql"):
        file = checkout.directory("kafka") / name
        file.write_text(re.sub("909[23]", lambda port: ports[port[0]], file.read_text()))
    fetch, start = checkout.commands("kafka", block=0)
    checkout.run(fetch)
    with running([start], cwd=checkout.root):
        wait_until(lambda: _is_listening(int(ports["9092"])))
        yield


@pytest.fixture(scope="module")
def printed(checkout: Checkout, _broker: None) -> dict[str, set[str]]:
    """What the last script of each example prints."""
    return checkout.run_all(*_EXAMPLES)


@pytest.mark.parametrize("example", _EXAMPLES)
def test_example_prints_what_its_readme_shows(
    example: str, checkout: Checkout, printed: dict[str, set[str]]
) -> None:
    """Readers compare the two."""
    assert checkout.shown_rows(example) <= printed[example]


@pytest.mark.usefixtures("printed")
def test_churn_scores_are_those_of_scikit_learn(checkout: Checkout) -> None:
    """All customers are scored, also those that the script does not print."""
    output = checkout.directory("churn") / "output"
    columns = ["id", "months", "plan", "support_calls"]
    parts = [pd.read_csv(file, names=[*columns, "leaves"]) for file in output.glob("scores/part-*")]
    scores = pd.concat(parts).sort_values("id")
    customers = pd.read_csv(output / "customers.csv", names=[*columns, "has_left"])
    pipeline = joblib.load(output / "model" / "model.pkl")

    assert scores["id"].tolist() == list(range(500))
    expected = pipeline.predict_proba(customers[columns[1:]])[:, 1]
    assert np.allclose(scores["leaves"], expected, rtol=0, atol=1e-12)


def test_sentiments_are_those_of_the_pipeline(
    checkout: Checkout, printed: dict[str, set[str]]
) -> None:
    """The README would show the same if each label were predicted by chance."""
    script = (checkout.directory("sentiment") / "sentiment.sql").read_text()
    reviews = dict(re.findall(r"\((\d), '([^']*)'\)", script))
    pipeline = transformers.pipeline(
        "text-classification", str(checkout.directory("sentiment") / "output" / "model")
    )
    rows = [line.split("|") for line in printed["sentiment"] if line.startswith("|+I|")]

    assert len(rows) == len(reviews) == 5
    for _, _, number, _, label, score, _ in rows:
        (expected,) = pipeline(reviews[number])
        assert label == expected["label"]
        assert float(score) == round(expected["score"], 3)


def test_articles_that_are_found_are_the_nearest(
    checkout: Checkout, printed: dict[str, set[str]]
) -> None:
    """Vectors and ranks are computed again, without this package and Flink."""
    output = checkout.directory("embeddings") / "output"
    lines = "".join(file.read_text() for file in output.glob("vectors/part-*")).splitlines()
    articles = {row["id"]: row for row in map(json.loads, lines)}
    script = (checkout.directory("embeddings") / "search.sql").read_text()
    questions = re.findall(r"\('([^']*)'\)", script)
    rows = [line.split("|")[2:6] for line in printed["embeddings"] if line.startswith("|+I|")]
    found = {(question, int(number)): float(score) for question, number, _, score in rows}

    titles = [articles[number]["title"] for number in sorted(articles)]
    vectors = _embed(titles, output / "model" / "0_StaticEmbedding")
    written = [articles[number]["embedding"] for number in sorted(articles)]
    assert np.allclose(written, vectors, atol=1e-6)

    expected = {}
    for question, scores in zip(
        questions,
        _embed(questions, output / "model" / "0_StaticEmbedding") @ vectors.T,
        strict=True,
    ):
        for place in np.argsort(scores)[-2:]:
            expected[question.replace(" ", ""), place + 1] = scores[place]
    assert found == pytest.approx(expected, abs=1e-3)


@pytest.mark.usefixtures("printed")
def test_option_of_a_provider_is_checked_when_a_query_is_planned(checkout: Checkout) -> None:
    """That is why a product has its own options."""
    script = checkout.directory("java-provider") / "payments.sql"
    script.write_text(script.read_text().replace("'threshold' = '0.7'", "'threshold' = '7'"))
    outcome = checkout.try_to_run(checkout.commands("java-provider")[-1])
    assert outcome.exit_code == 1
    assert "The option 'threshold' of the model" in outcome.errors
    assert "is 7.0; it must be from 0 to 1" in outcome.errors


def _embed(texts: list[str], directory: Path) -> np.ndarray:
    """Returns the mean of the vectors of each text's words, with the length 1."""
    vocabulary = Tokenizer.from_file(str(directory / "tokenizer.json")).get_vocab()
    table = load_file(directory / "model.safetensors")["embedding.weight"]
    words = [re.findall(r"\w+|[^\w\s]", text.lower()) for text in texts]
    means = np.stack(
        [table[[vocabulary.get(word, 0) for word in text]].mean(axis=0) for text in words]
    )
    return means / np.linalg.norm(means, axis=1, keepdims=True)


def _is_listening(port: int) -> bool:
    try:
        socket.create_connection(("localhost", port)).close()
    except OSError:
        return False
    return True
