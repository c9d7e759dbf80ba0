-- SPDX-License-Identifier: Apache-2.0
-- Finds the two articles whose vectors are nearest to that of a question, after embed.sql.
ADD JAR 'examples/embeddings/vector-file/target/vector-file.jar';

CREATE MODEL embedding
INPUT  (text STRING)
OUTPUT (embedding ARRAY<FLOAT>)
WITH ('provider' = 'generic-python',
      'model-directory-path' = 'examples/embeddings/output/model',
      'batch-size' = '64');

CREATE TABLE article_vectors (id INT, title STRING, embedding ARRAY<FLOAT>)
WITH ('connector' = 'vector-file', 'path' = 'examples/embeddings/output/vectors', 'format' = 'json');

CREATE TEMPORARY VIEW questions AS
SELECT CAST(question AS STRING) AS question
FROM (VALUES ('I have forgotten my password'),
             ('Where is my parcel?'),
             ('Which card can I use?')) AS t (question);

CREATE TEMPORARY VIEW question_vectors AS
SELECT question, embedding
FROM ML_PREDICT(TABLE questions, MODEL embedding, DESCRIPTOR(question));

SELECT question, id, title, ROUND(score, 3) AS score
FROM question_vectors, LATERAL TABLE(
  VECTOR_SEARCH(TABLE article_vectors, DESCRIPTOR(embedding), question_vectors.embedding, 2));
