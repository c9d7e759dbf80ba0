# SPDX-License-Identifier: Apache-2.0
"""Generated texts are those that transformers writes without sampling."""

import json

import pytest
import torch
import transformers

from pyflink_ml_embedded import ConversionError
from pyflink_ml_embedded._exceptions import DescribedError

from .reference import LONG, MOST_TOKENS, TEXTS, pipeline
from .tiny_models import save_bart

GENERATED = "generated_text STRING"
PROMPTS = [text for text in TEXTS if text]


def both(opened, directory, outputs, texts, **properties):
    """Returns the texts for rows, and checks that a batch gives the same."""
    path = opened(directory, "text STRING", outputs, warm_up="require", **properties)
    batch = opened(directory, "text STRING", outputs, 8, **properties)
    alone = [path([text])[0][0] for text in texts]
    assert [row[0] for (row,) in batch.predict_batch([[text] for text in texts])] == alone
    return alone


def change_generation(directory, **changes):
    """Changes generation_config.json."""
    file = directory / "generation_config.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), **changes}))


def written(directory, text, **arguments):
    """Returns what the model itself writes for a text."""
    tokenizer = transformers.AutoTokenizer.from_pretrained(directory)
    model = transformers.AutoModelForSeq2SeqLM.from_pretrained(directory)
    encoded = tokenizer(text, return_tensors="pt", return_token_type_ids=False)
    (tokens,) = model.generate(**encoded, do_sample=False, **arguments)
    return tokenizer.decode(tokens, skip_special_tokens=True, clean_up_tokenization_spaces=False)


@pytest.fixture
def summarizer(tokenizer, tmp_path):
    """Returns the directory of a model with an encoder and a decoder."""
    params = {"summarization": {"prefix": "a film ", "num_beams": 2, "max_length": 9}}
    save_bart(tmp_path / "bart", tokenizer, MOST_TOKENS, task_specific_params=params)
    return tmp_path / "bart"


def test_text_is_continued_as_the_pipeline_does(opened, writer):
    """The most probable tokens are taken, so that a text always has one continuation."""
    write = pipeline("text-generation", writer)
    expected = [write(text, do_sample=False, max_new_tokens=8) for text in PROMPTS]
    texts = [one[0]["generated_text"] for one in expected]
    assert both(opened, writer, GENERATED, PROMPTS, max_new_tokens="8") == texts
    new = both(opened, writer, GENERATED, PROMPTS, max_new_tokens="8", return_full_text="false")
    assert [text + more for text, more in zip(PROMPTS, new, strict=True)] == texts


def test_empty_text_is_not_padding(opened, writer, copy, bare):
    """Some tokenizers give no token for it, and the model then starts by itself."""
    directory = copy(writer)
    bare.save_pretrained(directory)
    texts = ["", *PROMPTS, ""]
    write = pipeline("text-generation", directory)
    expected = [write(text, do_sample=False, max_new_tokens=8) for text in texts]
    given = both(opened, directory, GENERATED, texts, max_new_tokens="8")
    assert given == [one[0]["generated_text"] for one in expected]


def test_sampling_of_the_files_is_not_used(opened, writer, copy):
    """Models for chats sample by default, which gives another text after each failover."""
    directory = copy(writer)
    change_generation(directory, do_sample=True, temperature=5.0, top_k=3)
    expected = both(opened, writer, GENERATED, PROMPTS, max_new_tokens="8")
    assert both(opened, directory, GENERATED, PROMPTS, max_new_tokens="8") == expected


def test_beams_of_the_files_are_used(opened, summarizer):
    """The model was evaluated with them."""
    change_generation(summarizer, num_beams=3, max_new_tokens=6)
    options = {"num_beams": 3, "max_new_tokens": 6}
    expected = [written(summarizer, text, **options) for text in PROMPTS]
    given = both(opened, summarizer, GENERATED, PROMPTS, task="text2text-generation")
    assert given == expected


def test_text_is_written_for_a_text(opened, summarizer):
    """The option bounds the number of tokens."""
    for most in (3, 8):
        expected = [written(summarizer, text, max_new_tokens=most) for text in PROMPTS]
        options = {"task": "text2text-generation", "max_new_tokens": str(most)}
        assert both(opened, summarizer, GENERATED, PROMPTS, **options) == expected


def test_summary_has_the_settings_of_its_task(opened, summarizer):
    """config.json of T5 and BART names a prefix, a length and beams for summaries."""
    options = {"num_beams": 2, "max_length": 9}
    expected = [written(summarizer, "a film " + text, **options) for text in PROMPTS]
    given = both(opened, summarizer, "Summary_Text STRING", PROMPTS, task="summarization")
    assert given == expected


@pytest.mark.parametrize("properties", [{}, {"max_new_tokens": "4"}, {"max_length": "20"}])
def test_prompt_and_new_tokens_fit_the_model(opened, writer, tokenizer, properties):
    """Of a long prompt the beginning is cut, because its end is what is continued."""
    full = {"return_full_text": "false", **properties}
    path = opened(writer, "text STRING", GENERATED, **full)
    shapes = []
    model = path.function._predictor._loaded.model
    model.register_forward_pre_hook(
        lambda _, args, kwargs: shapes.append(kwargs["input_ids"][0].tolist()), with_kwargs=True
    )
    path([LONG + "Berlin"])
    tokens = tokenizer(LONG + "Berlin")["input_ids"]
    assert len(shapes[0]) < MOST_TOKENS
    assert shapes[0][-2:] == tokens[-2:]


def test_long_prompt_fails_its_row_where_it_must_not_be_cut(opened, writer):
    """The new tokens count as well."""
    options = {"truncation": "false", "max_new_tokens": "20"}
    path = opened(writer, "text STRING", GENERATED, **options)
    assert len(path(["good film good"])) == 1
    with pytest.raises(ConversionError, match=r"the text has 17 tokens.* takes 12"):
        path(["good " * 15])


@pytest.mark.parametrize("batch_size", [None, 4])
def test_null_is_null(opened, writer, batch_size):
    """One NULL must not affect the other rows of the batch."""
    path = opened(writer, "text STRING", GENERATED, batch_size, max_new_tokens="4")
    rows = [[None], ["a film"]]
    one, two = path.predict_batch(rows) if batch_size else map(path, rows)
    assert one[0][0] is None
    assert two[0][0].startswith("a film")


@pytest.mark.parametrize(
    ("model", "outputs", "properties", "message"),
    [
        ("writer", "text STRING", {}, "text-generation gives generated_text STRING. The task is"),
        ("writer", "generated_text INT", {}, "gives generated_text STRING"),
        ("writer", GENERATED, {"max_new_tokens": "32"}, "leaves no room for a text"),
        ("writer", GENERATED, {"task": "summarization"}, "needs a model ...ForConditionalGen"),
        ("summarizer", GENERATED, {}, "determine a task: BartForConditional.*text2text.*summariz"),
        (
            "summarizer",
            GENERATED,
            {"task": "summarization"},
            "summarization gives summary_text STRING",
        ),
        (
            "summarizer",
            GENERATED,
            {"task": "text2text-generation", "max_new_tokens": "32"},
            "'32'; the model writes at most 31",
        ),
    ],
)
def test_what_does_not_fit_fails_in_open(opened, request, model, outputs, properties, message):
    """The message names the columns of the task, or the limit of the model."""
    with pytest.raises(DescribedError, match=message):
        opened(request.getfixturevalue(model), "text STRING", outputs, **properties)


def test_weights_are_not_changed_by_an_open_function(opened, writer):
    """Functions of other tasks and options share them."""
    path = opened(writer, "text STRING", GENERATED, max_new_tokens="4")
    model = path.function._predictor._loaded.model
    before = model.generation_config.to_dict()
    with torch.no_grad():
        path(["a film"])
    assert model.generation_config.to_dict() == before
    assert before.get("max_new_tokens") is None
