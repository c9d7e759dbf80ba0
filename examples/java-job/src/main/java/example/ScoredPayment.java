// SPDX-License-Identifier: Apache-2.0
package example;

/** A payment with the results of the model. */
public final class ScoredPayment {

  public int id;
  public double amount;
  public String country;
  public Double score;
  public Boolean suspicious;

  @Override
  public String toString() {
    return "payment " + id + " has the score " + score;
  }
}
