# SPDX-License-Identifier: Apache-2.0
"""Answers are those of the pipeline of transformers 4.57, the last version that has one."""

import itertools

import numpy as np
import pytest
import torch
import transformers

from pyflink_ml_embedded import ConversionError
from pyflink_ml_embedded._exceptions import DescribedError

from .reference import MOST_TOKENS, pipeline

PAIRS = [
    ("was the film good", "a bad film, very bad! Berlin"),
    ("city", "Berlin is a city"),
    ("a", "Berlin "),
    ("a", "good Good bad good city good"),
]
LONG = "the film was good. " * 16 + "Berlin is a city in Germany!"
FIELDS = "answer STRING, score DOUBLE, start INT, `end` INT"
INPUTS = "question STRING, context STRING"


def windows(directory, question, context, size, stride):
    """Returns the tokens of each window, and the probabilities of the start and the end."""
    tokenizer = transformers.AutoTokenizer.from_pretrained(directory)
    model = transformers.AutoModelForQuestionAnswering.from_pretrained(directory)
    encoded = tokenizer(
        question,
        context,
        truncation="only_second",
        max_length=size,
        stride=stride,
        return_overflowing_tokens=True,
    )
    for number, tokens in enumerate(encoded["input_ids"]):
        with torch.no_grad():
            output = model(
                torch.tensor([tokens]), token_type_ids=torch.tensor([encoded[number].type_ids])
            )
        allowed = torch.tensor([part == 1 for part in encoded.sequence_ids(number)])
        allowed[0] = True
        start, end = (
            logits[0].masked_fill(~allowed, -10000).softmax(dim=0).tolist()
            for logits in (output.start_logits, output.end_logits)
        )
        yield encoded[number], start, end


def answers(directory, question, context, top_k):
    """Returns the answers in a context that fits, from all spans of the model's outputs."""
    ((encoded, start, end),) = windows(directory, question, context, MOST_TOKENS, 0)
    offsets, words = encoded.offsets, encoded.word_ids
    of_context = [part == 1 for part in encoded.sequence_ids]
    spans = [
        (start[first] * end[last], first, last)
        for first, last in itertools.product(np.flatnonzero(of_context), repeat=2)
        if first <= last < first + 15
    ]
    found = {}
    for score, first, last in sorted(spans, reverse=True)[: top_k * 2 + 10]:
        tokens = [
            i
            for i, word in enumerate(words)
            if of_context[i] and words[first] <= word <= words[last]
        ]
        begin, behind = offsets[tokens[0]][0], offsets[tokens[-1]][1]
        text = context[begin:behind]
        one = found.setdefault(text.lower(), [text, 0.0, begin, behind])
        one[1] += score
    return sorted(found.values(), key=lambda one: -one[1])[:top_k]


def check(row, expected):
    """Checks the columns of FIELDS, the score up to rounding."""
    assert [row[0], row[2], row[3]] == [expected[0], expected[2], expected[3]]
    assert row[1] == pytest.approx(expected[1], abs=1e-5)


@pytest.mark.parametrize("batch_size", [None, 8])
def test_answers_are_the_best_spans(opened, reader, batch_size):
    """Equal answers are one, and the padding of a batch changes nothing."""
    outputs = f"{FIELDS}, answers ARRAY<ROW<{FIELDS}>>"
    path = opened(reader, INPUTS, outputs, batch_size, top_k="2")
    rows = path.predict_batch(PAIRS) if batch_size else [path(pair) for pair in PAIRS]
    for (row,), pair in zip(rows, PAIRS, strict=True):
        expected = answers(reader, *pair, 2)
        check(list(row)[:4], expected[0])
        found = [one for one in row[4] if one["score"] > 0]
        for one, wanted in zip(found, expected, strict=False):
            check(list(one), wanted)


@pytest.mark.skipif(
    not transformers.__version__.startswith("4.57."), reason="only 4.57 has this pipeline"
)
@pytest.mark.parametrize("impossible", [False, True])
def test_answers_are_those_of_the_pipeline(opened, reader, impossible):
    """The windows of a long context are those of the pipeline."""
    ask = pipeline("question-answering", reader)
    options = {"impossible_answer": str(impossible).lower(), "top_k": "3"}
    path = opened(reader, INPUTS, f"answers ARRAY<ROW<{FIELDS}>>", max_length="24", **options)
    for question, context in [*PAIRS, ("a", LONG)]:
        ((found,),) = path([question, context])
        assert [one.as_dict() for one in found] == ask(
            question=question,
            context=context,
            top_k=3,
            max_seq_len=24,
            handle_impossible_answer=impossible,
        )


@pytest.mark.parametrize("properties", [{}, {"max_length": "16"}])
def test_long_context_is_read_to_its_end(opened, reader, properties):
    """Nothing is truncated: the score of each window is computed."""
    outputs = f"answers ARRAY<ROW<{FIELDS}>>"
    path = opened(reader, INPUTS, outputs, top_k="100", **properties)
    ((found,),) = path(["a", LONG])
    for answer, _, start, end in map(list, found):
        assert LONG[start:end] == answer
    assert max(one["start"] for one in found) > len(LONG) / 2
    batch = opened(reader, INPUTS, outputs, 4, top_k="100", **properties)
    ((together,),), _ = batch.predict_batch([["a", LONG], PAIRS[0]])
    assert together[0]["answer"] == found[0]["answer"]
    assert together[0]["score"] == pytest.approx(found[0]["score"], abs=1e-5)


def test_impossible_answer_is_empty(opened, reader):
    """Some models were trained for questions that their context does not answer."""
    path = opened(reader, INPUTS, f"answers ARRAY<ROW<{FIELDS}>>", top_k="5000")
    ((without,),) = path(PAIRS[2])
    assert all(one["answer"] or not one["score"] for one in without)
    allowed = opened(
        reader, INPUTS, f"answers ARRAY<ROW<{FIELDS}>>", top_k="5000", impossible_answer="true"
    )
    ((found,),) = allowed(PAIRS[2])
    assert len(found) == len(without) + 1
    assert any(not one["answer"] and one["score"] > 0 for one in found)
    # In the window with the best answer, its absence is the least probable.
    least = min(
        start[0] * end[0]
        for _, start, end in windows(reader, "a", LONG, MOST_TOKENS, MOST_TOKENS // 2)
    )
    ((found,),) = allowed(["a", LONG])
    scores = [one["score"] for one in found if not one["answer"]]
    assert any(score == pytest.approx(least, rel=1e-4) for score in scores)


def test_columns_are_matched_by_name_or_position(opened, reader):
    """A question that is taken for the context gives a plausible answer."""
    question, context = PAIRS[0]
    expected = list(opened(reader, INPUTS, FIELDS)([question, context])[0])
    by_name = opened(reader, "CONTEXT STRING, Question STRING", FIELDS)
    assert list(by_name([context, question])[0]) == expected
    by_position = opened(reader, "q STRING, c STRING", FIELDS)
    assert list(by_position([question, context])[0]) == expected


@pytest.mark.parametrize(
    ("row", "column", "message"),
    [
        (["", "a film"], "question", "has no tokens"),
        (["a", ""], "context", "has no tokens"),
        (["a", "  "], "context", "has no tokens"),
        (["good " * MOST_TOKENS, "a film"], "question", "leaves room for"),
    ],
)
def test_text_without_an_answer_fails_its_row(opened, reader, row, column, message):
    """The pipeline also rejects empty texts."""
    path = opened(reader, INPUTS, FIELDS)
    with pytest.raises(ConversionError, match=message) as raised:
        path(row)
    assert raised.value.column == column


def test_null_is_null(opened, reader):
    """One NULL must not affect the other rows of the batch."""
    path = opened(reader, INPUTS, FIELDS, batch_size=8, warm_up="require")
    one, two, three = path.predict_batch([("a", None), (None, "a"), PAIRS[0]])
    assert list(one[0]) == list(two[0]) == [None] * 4
    assert three[0][0] is not None


@pytest.mark.parametrize(
    ("inputs", "outputs", "message"),
    [
        ("question STRING", "answer STRING", "question-answering takes question STRING, context"),
        ("question STRING, text STRING", "answer STRING", "no name matches column 'text'"),
        (INPUTS, "answr STRING, score DOUBLE", "'answr'; the nearest is 'answer'"),
        (INPUTS, "answer DOUBLE", "question-answering gives answer STRING, score DOUBLE"),
    ],
)
def test_columns_that_do_not_fit_fail_in_open(opened, reader, inputs, outputs, message):
    """The message has the columns of the task."""
    with pytest.raises(DescribedError, match=message):
        opened(reader, inputs, outputs)
