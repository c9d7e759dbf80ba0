-- SPDX-License-Identifier: Apache-2.0
-- A pipeline of scikit-learn that MLflow has saved. It is recognised by its file MLmodel.
CREATE MODEL churn
INPUT  (months BIGINT, plan STRING, support_calls BIGINT)
OUTPUT (stays DOUBLE, leaves DOUBLE)
WITH ('provider' = 'generic-python',
      'model-directory-path' = 'examples/churn/output/model',
      'batch-size' = '64');

CREATE TABLE customers (id INT, months BIGINT, plan STRING, support_calls BIGINT, has_left BOOLEAN)
WITH ('connector' = 'filesystem', 'path' = 'examples/churn/output/customers.csv', 'format' = 'csv');

CREATE TABLE scores (id INT, months BIGINT, plan STRING, support_calls BIGINT, leaves DOUBLE)
WITH ('connector' = 'filesystem', 'path' = 'examples/churn/output/scores', 'format' = 'csv');

INSERT INTO scores
SELECT id, months, plan, support_calls, leaves
FROM ML_PREDICT(TABLE customers, MODEL churn, DESCRIPTOR(months, plan, support_calls),
                MAP['max-concurrent-operations', '128']);

SELECT id, months, plan, support_calls, ROUND(leaves, 3) AS leaves
FROM scores
WHERE leaves > 0.995;
