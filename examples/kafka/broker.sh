#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Runs a Kafka broker at localhost:9092 until it is interrupted. Its files are in output/.
set -euo pipefail
cd "$(dirname "$0")"
java -cp 'target/broker/*' kafka.tools.StorageTool format --standalone --ignore-formatted \
  --cluster-id ZXhhbXBsZS1icm9rZXItMQ --config server.properties
exec java -Xmx512m -cp 'target/broker/*' kafka.Kafka server.properties
