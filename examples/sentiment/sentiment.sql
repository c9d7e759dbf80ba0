-- SPDX-License-Identifier: Apache-2.0
-- A text classifier of Hugging Face transformers. It is recognised by its file config.json.
CREATE MODEL sentiment
INPUT  (review STRING)
OUTPUT (label STRING, score DOUBLE)
WITH ('provider' = 'generic-python',
      'model-directory-path' = 'examples/sentiment/output/model',
      'batch-size' = '32');

CREATE TEMPORARY VIEW reviews AS
SELECT id, CAST(review AS STRING) AS review
FROM (VALUES (1, 'The film was great'),
             (2, 'the music is boring'),
             (3, 'a terrible story'),
             (4, 'What a clever and funny end'),
             (5, 'the actor was weak')) AS t (id, review);

SELECT id, review, label, ROUND(score, 3) AS score
FROM ML_PREDICT(TABLE reviews, MODEL sentiment, DESCRIPTOR(review),
                MAP['max-concurrent-operations', '64']);
