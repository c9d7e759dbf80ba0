-- SPDX-License-Identifier: Apache-2.0
CREATE MODEL delivery
INPUT  (distance_km DOUBLE, items INT)
OUTPUT (minutes DOUBLE)
WITH ('provider' = 'generic-python',
      'model-directory-path' = 'examples/tutorial/delivery',
      'python-predict-class' = 'delivery.DeliveryTime');

CREATE TEMPORARY VIEW orders AS
SELECT id, CAST(distance_km AS DOUBLE) AS distance_km, items
FROM (VALUES (1, 0.8, 2), (2, 6.5, 1), (3, 11.2, 7)) AS t (id, distance_km, items);

SELECT id, CAST(minutes AS INT) AS minutes
FROM ML_PREDICT(TABLE orders, MODEL delivery, DESCRIPTOR(distance_km, items));
