-- SPDX-License-Identifier: Apache-2.0
CREATE MODEL fraud
INPUT  (amount DOUBLE, country STRING)
OUTPUT (score DOUBLE, suspicious BOOLEAN)
WITH ('provider' = 'generic-python',
      'model-directory-path' = '/opt/models/fraud',
      'python-predict-class' = 'fraud.FraudModel',
      'properties.threshold' = '0.7');

CREATE TEMPORARY VIEW payments AS
SELECT id, CAST(amount AS DOUBLE) AS amount, country
FROM (VALUES (1, 23.50, 'DE'), (2, 410.00, 'FR'), (3, 99.90, 'US'), (4, 950.00, 'NZ'))
  AS t (id, amount, country);

SELECT id, amount, country, score, suspicious
FROM ML_PREDICT(TABLE payments, MODEL fraud, DESCRIPTOR(amount, country));
