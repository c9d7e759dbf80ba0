-- SPDX-License-Identifier: Apache-2.0
-- Rows that fail are retried, and then kept with their error in a table of their own.
CREATE MODEL exchange
INPUT  (amount DOUBLE, currency STRING)
OUTPUT (euros DOUBLE, error STRING, error_class STRING)
WITH ('provider' = 'generic-python',
      'model-directory-path' = 'examples/dead-letter',
      'python-predict-class' = 'exchange.Exchange',
      'error-handling-strategy' = 'retry',
      'retry-num' = '3',
      'retry-exceptions' = 'ConnectionError',
      'error-column' = 'error',
      'error-class-column' = 'error_class');

CREATE TEMPORARY VIEW invoices AS
SELECT id, CAST(amount AS DOUBLE) AS amount, currency
FROM (VALUES (1, 100, 'EUR'), (2, 100, 'USD'), (3, 100, 'GBP'), (4, 100, 'JPY'), (5, 100, 'ABC'))
  AS t (id, amount, currency);

CREATE TEMPORARY VIEW converted AS
SELECT * FROM ML_PREDICT(TABLE invoices, MODEL exchange, DESCRIPTOR(amount, currency));

CREATE TABLE paid (id INT, euros DOUBLE)
WITH ('connector' = 'filesystem', 'path' = 'examples/dead-letter/output/paid', 'format' = 'json');

CREATE TABLE dead_letters (id INT, amount DOUBLE, currency STRING, error_class STRING, error STRING)
WITH ('connector' = 'filesystem', 'path' = 'examples/dead-letter/output/dead_letters', 'format' = 'json');

EXECUTE STATEMENT SET BEGIN
  INSERT INTO paid SELECT id, euros FROM converted WHERE error IS NULL;
  INSERT INTO dead_letters
  SELECT id, amount, currency, error_class, error FROM converted WHERE error IS NOT NULL;
END;

SELECT * FROM paid;

SELECT id, amount, currency, error_class FROM dead_letters;
