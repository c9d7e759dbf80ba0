-- SPDX-License-Identifier: Apache-2.0
-- Reads payments from a topic of Kafka, and writes them with their score to another topic.
ADD JAR 'examples/kafka/target/flink-sql-connector-kafka.jar';

CREATE MODEL fraud
INPUT  (amount DOUBLE, country STRING)
OUTPUT (score DOUBLE, suspicious BOOLEAN)
WITH ('provider' = 'generic-python',
      'model-directory-path' = 'examples/fraud',
      'python-predict-class' = 'fraud.FraudModel',
      'properties.threshold' = '0.7');

CREATE TABLE payments (id INT, amount DOUBLE, country STRING)
WITH ('connector' = 'kafka',
      'topic' = 'payments',
      'properties.bootstrap.servers' = 'localhost:9092',
      'scan.startup.mode' = 'earliest-offset',
      'scan.bounded.mode' = 'latest-offset', -- ends the job; without it, the job waits for more
      'format' = 'json');

CREATE TABLE scored_payments (id INT, amount DOUBLE, country STRING, score DOUBLE, suspicious BOOLEAN)
WITH ('connector' = 'kafka',
      'topic' = 'scored_payments',
      'properties.bootstrap.servers' = 'localhost:9092',
      'scan.startup.mode' = 'earliest-offset',
      'scan.bounded.mode' = 'latest-offset',
      'format' = 'json');

INSERT INTO payments
VALUES (1, 23.50, 'DE'), (2, 410.00, 'FR'), (3, 99.90, 'US'), (4, 950.00, 'NZ');

INSERT INTO scored_payments
SELECT id, amount, country, score, suspicious
FROM ML_PREDICT(TABLE payments, MODEL fraud, DESCRIPTOR(amount, country));

SELECT * FROM scored_payments;
