-- SPDX-License-Identifier: Apache-2.0
-- Classifies images of handwritten digits with an ONNX model. Paths are relative to the working directory of the job.
CREATE TABLE images (
  id INT, digit BIGINT,
  px00 FLOAT, px01 FLOAT, px02 FLOAT, px03 FLOAT, px04 FLOAT, px05 FLOAT, px06 FLOAT, px07 FLOAT,
  px08 FLOAT, px09 FLOAT, px10 FLOAT, px11 FLOAT, px12 FLOAT, px13 FLOAT, px14 FLOAT, px15 FLOAT,
  px16 FLOAT, px17 FLOAT, px18 FLOAT, px19 FLOAT, px20 FLOAT, px21 FLOAT, px22 FLOAT, px23 FLOAT,
  px24 FLOAT, px25 FLOAT, px26 FLOAT, px27 FLOAT, px28 FLOAT, px29 FLOAT, px30 FLOAT, px31 FLOAT,
  px32 FLOAT, px33 FLOAT, px34 FLOAT, px35 FLOAT, px36 FLOAT, px37 FLOAT, px38 FLOAT, px39 FLOAT,
  px40 FLOAT, px41 FLOAT, px42 FLOAT, px43 FLOAT, px44 FLOAT, px45 FLOAT, px46 FLOAT, px47 FLOAT,
  px48 FLOAT, px49 FLOAT, px50 FLOAT, px51 FLOAT, px52 FLOAT, px53 FLOAT, px54 FLOAT, px55 FLOAT,
  px56 FLOAT, px57 FLOAT, px58 FLOAT, px59 FLOAT, px60 FLOAT, px61 FLOAT, px62 FLOAT, px63 FLOAT
) WITH ('connector' = 'filesystem', 'path' = 'images.csv', 'format' = 'csv');

CREATE MODEL digits
INPUT (
  px00 FLOAT, px01 FLOAT, px02 FLOAT, px03 FLOAT, px04 FLOAT, px05 FLOAT, px06 FLOAT, px07 FLOAT,
  px08 FLOAT, px09 FLOAT, px10 FLOAT, px11 FLOAT, px12 FLOAT, px13 FLOAT, px14 FLOAT, px15 FLOAT,
  px16 FLOAT, px17 FLOAT, px18 FLOAT, px19 FLOAT, px20 FLOAT, px21 FLOAT, px22 FLOAT, px23 FLOAT,
  px24 FLOAT, px25 FLOAT, px26 FLOAT, px27 FLOAT, px28 FLOAT, px29 FLOAT, px30 FLOAT, px31 FLOAT,
  px32 FLOAT, px33 FLOAT, px34 FLOAT, px35 FLOAT, px36 FLOAT, px37 FLOAT, px38 FLOAT, px39 FLOAT,
  px40 FLOAT, px41 FLOAT, px42 FLOAT, px43 FLOAT, px44 FLOAT, px45 FLOAT, px46 FLOAT, px47 FLOAT,
  px48 FLOAT, px49 FLOAT, px50 FLOAT, px51 FLOAT, px52 FLOAT, px53 FLOAT, px54 FLOAT, px55 FLOAT,
  px56 FLOAT, px57 FLOAT, px58 FLOAT, px59 FLOAT, px60 FLOAT, px61 FLOAT, px62 FLOAT, px63 FLOAT
)
OUTPUT (label BIGINT, p0 FLOAT, p1 FLOAT, p2 FLOAT, p3 FLOAT, p4 FLOAT, p5 FLOAT, p6 FLOAT, p7 FLOAT, p8 FLOAT, p9 FLOAT)
WITH ('provider' = 'generic-python',
      'model-directory-path' = 'model');

CREATE TABLE predictions (
  id INT, digit BIGINT, label BIGINT,
  p0 FLOAT, p1 FLOAT, p2 FLOAT, p3 FLOAT, p4 FLOAT, p5 FLOAT, p6 FLOAT, p7 FLOAT, p8 FLOAT, p9 FLOAT
) WITH ('connector' = 'filesystem', 'path' = 'predictions', 'format' = 'csv');

INSERT INTO predictions
SELECT id, digit, label, p0, p1, p2, p3, p4, p5, p6, p7, p8, p9
FROM ML_PREDICT(TABLE images, MODEL digits, DESCRIPTOR(
  px00, px01, px02, px03, px04, px05, px06, px07,
  px08, px09, px10, px11, px12, px13, px14, px15,
  px16, px17, px18, px19, px20, px21, px22, px23,
  px24, px25, px26, px27, px28, px29, px30, px31,
  px32, px33, px34, px35, px36, px37, px38, px39,
  px40, px41, px42, px43, px44, px45, px46, px47,
  px48, px49, px50, px51, px52, px53, px54, px55,
  px56, px57, px58, px59, px60, px61, px62, px63));
