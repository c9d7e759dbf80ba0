# SPDX-License-Identifier: Apache-2.0
"""What transformers itself predicts, and directories to compare with it."""

import json

import torch
import transformers

TEXTS = ["the film was good", "a bad film, very bad!", "", "Berlin is a city in Germany"]
MOST_TOKENS = 32
LONG = "a very good film " * MOST_TOKENS
RANKED = "label STRING, score DOUBLE, labels ARRAY<STRING>, scores ARRAY<DOUBLE>"
ZERO_SHOT = {"task": "zero-shot-classification"}


def pipeline(task, directory, **arguments):
    """Returns transformers' own pipeline."""
    made = transformers.pipeline(task, model=str(directory), device="cpu", **arguments)
    made.tokenizer.model_max_length = MOST_TOKENS
    return made


def zero_shot(nli, texts, labels, **arguments):
    """Returns the pipeline's results as the columns of RANKED."""
    found = pipeline("zero-shot-classification", nli)(texts, candidate_labels=labels, **arguments)
    return [
        [one["labels"][0], one["scores"][0], one["labels"], one["scores"]]
        for one in (found if isinstance(found, list) else [found])
    ]


def hidden_states(directory, text, most=MOST_TOKENS):
    """Returns the last hidden states of one text, as the model itself gives them."""
    tokenizer = transformers.AutoTokenizer.from_pretrained(directory)
    model = transformers.AutoModel.from_pretrained(directory)
    encoded = tokenizer(text, truncation=True, max_length=most, return_tensors="pt")
    with torch.no_grad():
        return model(**encoded).last_hidden_state[0].numpy()


def pooled(states, mode):
    """Pools hidden states, as sentence-transformers documents it."""
    return {"mean": states.mean(axis=0), "cls": states[0], "max": states.max(axis=0)}[mode]


def ranked(found):
    """Returns a pipeline's labels and scores as the columns of RANKED."""
    labels = [one["label"] for one in found]
    scores = [one["score"] for one in found]
    return [labels[0], scores[0], labels, scores]


def values(rows):
    """Returns rows as lists."""
    return [list(row) for row in rows]


def weights_of(path):
    """Returns the model that an open function predicts with."""
    return path.function._predictor._loaded.model


def add_modules(directory, pooling, normalize=False, **others):
    """Adds the files that sentence-transformers wrote before version 5."""
    modules = ["Transformer", "Pooling", *(["Normalize"] if normalize else [])]
    paths = ["", "1_Pooling", "2_Normalize"]
    entries = [
        {"idx": i, "name": str(i), "path": paths[i], "type": f"sentence_transformers.models.{name}"}
        for i, name in enumerate(modules)
    ]
    (directory / "1_Pooling").mkdir()
    files = {"modules": entries, "1_Pooling/config": pooling, **others}
    for name, contents in files.items():
        (directory / f"{name}.json").write_text(json.dumps(contents))
    return directory


def change_tokenizer(directory, **changes):
    """Changes the settings of a directory's tokenizer."""
    file = directory / "tokenizer_config.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), **changes}))
    return directory
