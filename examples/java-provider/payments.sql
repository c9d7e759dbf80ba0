-- SPDX-License-Identifier: Apache-2.0
-- A model of a provider of its own. On a cluster, its jar is in Flink's lib/.
ADD JAR 'examples/java-provider/target/java-provider.jar';

-- On a cluster, this is set in Flink's configuration.
SET 'payment-rules.directory' = 'examples/java-provider/python';

CREATE MODEL rules
INPUT  (amount DOUBLE, country STRING)
OUTPUT (score DOUBLE, suspicious BOOLEAN)
WITH ('provider' = 'payment-rules',
      'usual-amounts' = 'DE:80,FR:75,US:120',
      'threshold' = '0.7');

CREATE TEMPORARY VIEW payments AS
SELECT id, CAST(amount AS DOUBLE) AS amount, country
FROM (VALUES (1, 23.50, 'DE'), (2, 410.00, 'FR'), (3, 99.90, 'US'), (4, 950.00, 'NZ'))
  AS t (id, amount, country);

SELECT id, amount, country, score, suspicious
FROM ML_PREDICT(TABLE payments, MODEL rules, DESCRIPTOR(amount, country));
