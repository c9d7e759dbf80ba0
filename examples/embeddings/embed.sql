-- SPDX-License-Identifier: Apache-2.0
-- Writes the vector of each article to a table.
CREATE MODEL embedding
INPUT  (text STRING)
OUTPUT (embedding ARRAY<FLOAT>)
WITH ('provider' = 'generic-python',
      'model-directory-path' = 'examples/embeddings/output/model',
      'batch-size' = '64');

CREATE TABLE articles (id INT, title STRING)
WITH ('connector' = 'filesystem', 'path' = 'examples/embeddings/articles.csv', 'format' = 'csv');

CREATE TABLE article_vectors (id INT, title STRING, embedding ARRAY<FLOAT>)
WITH ('connector' = 'filesystem', 'path' = 'examples/embeddings/output/vectors', 'format' = 'json');

INSERT INTO article_vectors
SELECT id, title, embedding
FROM ML_PREDICT(TABLE articles, MODEL embedding, DESCRIPTOR(title),
                MAP['max-concurrent-operations', '128']);
