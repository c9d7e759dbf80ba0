// SPDX-License-Identifier: Apache-2.0
package io.github.pyflink.ml.embedded.e2e;

import java.net.URI;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.DeploymentOptions;
import org.apache.flink.configuration.RestOptions;
import org.apache.flink.runtime.minicluster.MiniCluster;
import org.apache.flink.runtime.minicluster.MiniClusterConfiguration;

/**
 * The mini cluster of this JVM. The jobs of all test classes run one after the other on its only
 * TaskManager, and share one CPython.
 */
final class SharedCluster {

  private static final URI REST = start();

  private SharedCluster() {}

  /** Returns a new configuration for clients of the cluster. */
  static Configuration clientConfiguration() {
    Configuration configuration = new Configuration();
    configuration.set(DeploymentOptions.TARGET, "remote");
    configuration.set(RestOptions.ADDRESS, REST.getHost());
    configuration.set(RestOptions.PORT, REST.getPort());
    return configuration;
  }

  @SuppressWarnings("resource") // lives as long as the JVM
  private static URI start() {
    try {
      MiniCluster cluster =
          new MiniCluster(
              new MiniClusterConfiguration.Builder()
                  .withRandomPorts()
                  .setNumTaskManagers(1)
                  .setNumSlotsPerTaskManager(4)
                  .build());
      cluster.start();
      return cluster.getRestAddress().get();
    } catch (Exception e) {
      throw new ExceptionInInitializerError(e);
    }
  }
}
